/* SPDX-License-Identifier: BSD-2-Clause */
/* The service of the root task: messages to its thread 1. The answer is a status and a value.
 *
 * Thread 0 is the pager of the tasks that the root task starts, with sigma0's protocol (abi/sigma0.h): any
 * page, or a block of any size, out of what the task may have; physical pages and ports that it may have. The
 * root task has all memory one to one: the flexpage that it sends says where the machine has it. */
#pragma once

#include "l4/abi/limits.h"
#include "l4/abi/types.h"

#define L4_ROOT_SERVICE_LTHREAD 1u

/* w0; the argument is w1. */
#define L4_ROOT_PING 0x52000001u /**< value: the argument, inverted */
/** The caller's task ends, with this code: 0 is success. There is no answer. */
#define L4_ROOT_EXIT 0x52000002u
/** Value: a task number whose chief the caller is now. */
#define L4_ROOT_TASK_ALLOC 0x52000003u
/** The task number in the argument, which the caller has given back by task_new, is free. */
#define L4_ROOT_TASK_FREE 0x52000004u
/** The line in the argument has no owner now: attach to it at once. */
#define L4_ROOT_IRQ_ALLOC 0x52000005u
/** The caller has detached from the line. */
#define L4_ROOT_IRQ_FREE 0x52000006u
/** With a string, the name of a boot module. Value: the number of its task. Anybody may ask. */
#define L4_ROOT_FIND 0x52000007u
/** Value: bytes of memory that the caller may still have. */
#define L4_ROOT_MEMORY 0x52000008u
/** Ends the task in the argument, if the caller may. */
#define L4_ROOT_KILL 0x52000009u
/** Value: bytes of the boot module that the caller may read (`data=`), which lies at L4_ROOT_DATA_AT. What
 * follows it up to the next page is anything. */
#define L4_ROOT_DATA 0x5200000au

#define L4_ROOT_DATA_AT 0xb0400000u

/* Where a program's first stack is: its last bytes, of as many as the task's options say. */
#define L4_ROOT_STACKS_AT 0xafc00000u
#define L4_ROOT_STACK_END 0xb0000000u

/* Status. */
#define L4_ROOT_OK     0u
#define L4_ROOT_EPERM  1u /**< not the caller's, or not his to ask */
#define L4_ROOT_ELIMIT 2u /**< as many as it may have */
#define L4_ROOT_ENONE  3u /**< there is none */
#define L4_ROOT_EINVAL 4u /**< no such request or argument */

#define L4_ROOT_NAME_MAX 32u /**< bytes of a module's name */

L4_ABI_INLINE l4_threadid_t l4_root_pager(void) { return l4_threadid(L4_TASK_ROOT, 0); }
L4_ABI_INLINE l4_threadid_t l4_root_service(void) {
    return l4_threadid(L4_TASK_ROOT, L4_ROOT_SERVICE_LTHREAD);
}
