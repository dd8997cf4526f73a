/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting semaphores for the threads of a task. Without contention they are one instruction; the waiting is
 * done in order of arrival, by a thread of the library, since V2 has nothing of the kind. */
#pragma once

#include "l4/abi/types.h"
#include "l4/c/name.h"

typedef struct l4_semaphore {
    int count; /**< less than 0: so many wait, or are on their way to */
    /* Of the library's thread: those who wait, and wake-ups that came before their sleeper did. */
    struct l4_semaphore_waiter* first;
    struct l4_semaphore_waiter** last;
    int early;
} l4_semaphore_t;

#define L4_SEMAPHORE_INIT(count) \
    { (count), 0, 0, 0 }

L4C_BEGIN
/** Starts the library's thread. Once, before any other call. 0: it cannot. */
int l4_semaphore_start(void);
void l4_semaphore_down(l4_semaphore_t* semaphore);
void l4_semaphore_up(l4_semaphore_t* semaphore);
/** 0: it would have to wait. */
int l4_semaphore_try_down(l4_semaphore_t* semaphore);
L4C_END
