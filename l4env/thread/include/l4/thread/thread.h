/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the caller's task. */
#pragma once

#include "l4/abi/types.h"
#include "l4/c/name.h"

typedef void l4_thread_function_t(void* argument);

/** No lthread was free, the kernel has no memory, or what was given is of no use. */
#define L4_THREAD_NONE      0u
#define L4_THREAD_STACK_MIN 256u

L4C_BEGIN
/** Starts f(argument) on the stack, whose size is at least L4_THREAD_STACK_MIN bytes, with the caller's
 * priority and pager. Its lthread, or L4_THREAD_NONE. When f returns, the lthread and the stack can be used
 * again. */
l4_word_t l4_thread_start(l4_thread_function_t* f, void* argument, void* stack, l4_word_t stack_size);

/** The same, with another pager. */
l4_word_t l4_thread_start_paged(l4_thread_function_t* f, void* argument, void* stack, l4_word_t stack_size,
                                l4_threadid_t pager);

/** Ends a thread that l4_thread_start has started, wherever it is, by sending it to sleep for ever. */
void l4_thread_stop(l4_word_t lthread);

/** It has not ended. */
int l4_thread_runs(l4_word_t lthread);
L4C_END
