/* SPDX-License-Identifier: BSD-2-Clause */
/* What a short message and its answer cost, in ticks of the time stamp counter: instructions where QEMU
 * counts them (-icount shift=0), else what the host makes of them. */
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

#include "l4/thread/thread.h"

#define ROUNDS 1000u
#define ASK    0x80000000u /**< a first word that is no page fault's */

typedef struct times {
    l4_word_t least, average;
} times_t;

static l4_word_t stack[1024] __attribute__((aligned(16)));
static volatile times_t across; /**< of the second task */

static uint64_t ticks(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/** Calls `to`, which answers with what it got. */
static times_t measure(l4_threadid_t to) {
    times_t t = {~0u, 0};
    uint32_t sum = 0;
    for (l4_word_t i = 0; i < ROUNDS; i++) {
        const uint64_t before = ticks();
        const l4_ipc_result_t r = l4_ipc_call_words(to, ASK | i, i);
        const l4_word_t taken = (l4_word_t)(ticks() - before);
        if (l4_ipc_error(r) != L4_IPC_OK || r.w0 != (ASK | i)) return (times_t){0, 0};
        if (taken < t.least) t.least = taken;
        sum += taken;
    }
    t.average = sum / ROUNDS;
    return t;
}

/** Answers all but faults. */
static void echo(void* argument) {
    l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
    (void)argument;
    for (;;) m = l4_ipc_reply_and_wait(m.from, 0, m.w0, m.w1, 0);
}

/** Measures, and tells its chief by a word that no round has. */
static void second(void) {
    const l4_threadid_t first = l4_id_nearest(l4_invalid_id()).id;
    const times_t t = measure(first);
    across.least = t.least;
    across.average = t.average;
    for (;;) (void)l4_ipc_call_words(first, ASK | ROUNDS, 0);
}

/** Answers the second task, and its faults, until it is done. */
static void serve(l4_word_t number) {
    l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
    for (;;) {
        if (l4_id_task(m.from) != number) {
            m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
        } else if (m.w0 < ASK) {
            m = l4_ipc_reply_and_wait(m.from, l4_snd_fpage(), m.w0 & L4_FP_PAGE_MASK, second_task_page(m.w0),
                                      0);
        } else if (m.w0 == (ASK | ROUNDS)) {
            return;
        } else {
            m = l4_ipc_reply_and_wait(m.from, 0, m.w0, m.w1, 0);
        }
    }
}

static void show(tap_t* tap, times_t t, const char* where) {
    tap_check(tap, t.least != 0, where);
    printf("# %u ticks at least, %u on average\n", t.least, t.average);
}

int main(void) {
    tap_t tap = {0, 0};
    const l4_word_t lthread = l4_thread_start(echo, 0, stack, sizeof stack);
    l4_threadid_t to = l4_myself();
    times_t t;
    to = l4_threadid(l4_id_task(to), lthread);
    show(&tap, measure(to), "a thread of this task answers 1000 times");
    l4_thread_stop(lthread);
    const l4_word_t number = second_task_start(second, stack + 1024, 0);
    serve(number);
    t.least = across.least;
    t.average = across.average;
    show(&tap, t, "another task is answered 1000 times");
    return tap_done(&tap);
}
