/* SPDX-License-Identifier: BSD-2-Clause */
/* What the library's thread does with messages of sleepers and wakers: no system calls. */
#pragma once

#include "l4/semaphore/semaphore.h"

/** On the stack of who waits. */
struct l4_semaphore_waiter {
    l4_threadid_t thread;
    struct l4_semaphore_waiter* next;
};

/** The waiter sleeps now; or, if a wake-up has come for it already, is returned to be woken. */
static inline struct l4_semaphore_waiter* l4_semaphore_sleep(l4_semaphore_t* s,
                                                             struct l4_semaphore_waiter* w) {
    if (s->early > 0) {
        s->early--;
        return w;
    }
    w->next = 0;
    if (s->first)
        *s->last = w;
    else
        s->first = w;
    s->last = &w->next;
    return 0;
}

/** Who is to be woken: the first who sleeps. Null: it is on its way. */
static inline struct l4_semaphore_waiter* l4_semaphore_wake(l4_semaphore_t* s) {
    struct l4_semaphore_waiter* const w = s->first;
    if (w)
        s->first = w->next;
    else
        s->early++;
    return w;
}
