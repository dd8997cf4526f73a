/* SPDX-License-Identifier: BSD-2-Clause */
/* A second task that runs a function of the same program: its memory is ours, page by page as it touches it.
 */
#pragma once

#include "l4/abi/exception.h"
#include "l4/c/stdio.h"
#include "l4/c/stdlib.h"
#include "l4/roottask/client.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"

#define SECOND_TASK_FRAMES 32u /**< of kernel memory */

/** Starts `run` in a new task, with this thread as pager. Its number. `flags`: L4_TASK_NEW_*. Where there is
 * none, all ends: nothing would ever come from it. */
static inline l4_word_t second_task_start(void (*run)(void), void* stack_end, l4_word_t flags) {
    l4_word_t number = 0;
    l4_task_new_result_t made;
    if (l4_root_task_alloc(&number) != L4_ROOT_OK) {
        printf("Bail out! No task number: this program needs tasks=1 in its options\n");
        exit(1);
    }
    made = l4_task_create(number, l4_task_new_create(16, SECOND_TASK_FRAMES) | flags,
                          (l4_word_t)(uintptr_t)stack_end - 4, (l4_word_t)(uintptr_t)run, l4_myself());
    if (made.task.low == L4_NIL_LOW) {
        printf("Bail out! No second task: it needs %u of kmem=\n", SECOND_TASK_FRAMES);
        exit(1);
    }
    return number;
}

/** A page of ours, where the fault was, writable if that was asked for. It must be here: it is touched first.
 */
static inline l4_word_t second_task_page(l4_word_t fault) {
    volatile char* const at = (volatile char*)(uintptr_t)(fault & L4_PF_ADDR_MASK);
    if (fault & L4_PF_WRITE)
        *at = *at;
    else
        (void)*at;
    return l4_fpage(fault, L4_PAGE_SHIFT, fault & L4_PF_WRITE);
}
