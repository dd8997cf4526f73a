/* SPDX-License-Identifier: BSD-2-Clause */
/* Producers and consumers over a ring of few places; time slices end in the middle of everything. */
#include "l4/semaphore/semaphore.h"

#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"
#include "l4/thread/thread.h"
#include "l4env/examples/src/tap.h"

#define PRODUCERS 3u
#define CONSUMERS 3u
#define EACH      2000u
#define PLACES    4u

static l4_word_t stacks[PRODUCERS + CONSUMERS][512] __attribute__((aligned(16)));
static l4_semaphore_t mutex = L4_SEMAPHORE_INIT(1), full = L4_SEMAPHORE_INIT(0),
                      empty = L4_SEMAPHORE_INIT(PLACES), finished = L4_SEMAPHORE_INIT(0);
static l4_word_t ring[PLACES], in, out, inside, crowded;
static l4_word_t sum;

static void enter(void) {
    l4_semaphore_down(&mutex);
    crowded += inside++ != 0;
}

static void leave(void) {
    inside--;
    l4_semaphore_up(&mutex);
}

static void produce(void* argument) {
    for (l4_word_t i = 1; i <= EACH; i++) {
        l4_semaphore_down(&empty);
        enter();
        ring[in++ % PLACES] = i;
        if (i % 5 == 0) l4_yield(); /* so that others find it taken */
        leave();
        l4_semaphore_up(&full);
    }
    (void)argument;
    l4_semaphore_up(&finished);
}

static void consume(void* argument) {
    for (l4_word_t i = 0; i < EACH * PRODUCERS / CONSUMERS; i++) {
        l4_semaphore_down(&full);
        enter();
        sum += ring[out++ % PLACES];
        if (i % 7 == 0) l4_yield();
        leave();
        l4_semaphore_up(&empty);
    }
    (void)argument;
    l4_semaphore_up(&finished);
}

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t started = 0;
    tap_check(&tap, l4_semaphore_start(), "the library starts");
    for (l4_word_t i = 0; i < PRODUCERS + CONSUMERS; i++) {
        const l4_word_t n =
            l4_thread_start(i < PRODUCERS ? produce : consume, 0, stacks[i], sizeof stacks[i]);
        /* Slices of a millisecond. */
        (void)l4_thread_schedule(l4_threadid(l4_id_task(l4_myself()), n), l4_sched_param_us(16, 1000));
        started += n != L4_THREAD_NONE;
    }
    tap_equal(&tap, started, PRODUCERS + CONSUMERS, "threads start");
    for (l4_word_t i = 0; i < started; i++) l4_semaphore_down(&finished);
    tap_equal(&tap, sum, PRODUCERS * EACH * (EACH + 1) / 2, "each value came once");
    tap_equal(&tap, crowded, 0, "never two inside");
    tap_check(&tap, !l4_semaphore_try_down(&full) && l4_semaphore_try_down(&empty), "the ring is empty");
    return tap_done(&tap);
}
