/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of one task: they start, end, are stopped, and their stacks are used again. */
#include "l4/sys/ipc.h"
#include "l4/sys/thread.h"
#include "l4/thread/thread.h"
#include "l4env/examples/src/tap.h"

static l4_word_t stacks[4][512] __attribute__((aligned(16)));
static volatile l4_word_t sum, spins;

static void add(void* argument) {
    __atomic_fetch_add(&sum, (l4_word_t)(uintptr_t)argument, __ATOMIC_RELAXED);
}

static void spin(void* argument) {
    (void)argument;
    for (;;) spins++;
}

static void nap(void) { l4_ipc_sleep(l4_timeout(0, 0, 5, 10)); /* 5 ms */ }

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t lthread = 0, before = 0, expected = 0;
    for (l4_word_t i = 1; i <= 400; i++) {
        const l4_word_t n = l4_thread_start(add, (void*)(uintptr_t)i, stacks[i % 3], sizeof stacks[0]);
        while (n != L4_THREAD_NONE && l4_thread_runs(n)) l4_yield();
        expected += i;
    }
    tap_equal(&tap, sum, expected, "400 threads, one after the other, on three stacks");
    lthread = l4_thread_start(spin, 0, stacks[3], sizeof stacks[3]);
    nap();
    tap_check(&tap, spins != 0, "a thread runs while we sleep");
    l4_thread_stop(lthread);
    before = spins;
    nap();
    tap_equal(&tap, spins, before, "a stopped one does not");
    tap_equal(&tap, l4_thread_start(spin, 0, stacks[3], sizeof stacks[3]), lthread,
              "its number is used again");
    nap();
    tap_check(&tap, spins != before, "and the new one runs");
    tap_equal(&tap, l4_thread_start(add, 0, stacks[0], L4_THREAD_STACK_MIN - 1), L4_THREAD_NONE,
              "none starts on too small a stack");
    tap_equal(&tap, l4_thread_start(0, 0, stacks[0], sizeof stacks[0]), L4_THREAD_NONE,
              "or without a function");
    return tap_done(&tap);
}
