/* SPDX-License-Identifier: BSD-2-Clause */
/* A pager of another task: a page for each fault, its right later, and many pages in one answer. */
#include "l4/sys/space.h"
#include "l4/sys/utcb.h"
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

/* Where the second task sees the first's pages: somewhere else. */
#define SEEN  0x40000000u
#define PAGES 8u
#define WORDS 1024u

static l4_word_t pages[PAGES][WORDS] __attribute__((aligned(4096)));
static l4_word_t stack[1024] __attribute__((aligned(4096)));

#define DONE 0x80000000u /**< no fault address */

/** Reads a word of each page, then writes one of each; says when either is done. */
static void second(void) {
    const l4_threadid_t first = l4_id_nearest(l4_invalid_id()).id;
    volatile l4_word_t* const at = (volatile l4_word_t*)SEEN;
    for (;;) {
        l4_word_t sum = 0;
        for (l4_word_t i = 0; i < PAGES; i++) sum += at[i * WORDS];
        (void)l4_ipc_call_words(first, DONE, sum);
        for (l4_word_t i = 0; i < PAGES; i++) at[i * WORDS + 1] = sum + i;
        (void)l4_ipc_call_words(first, DONE | 4, sum);
    }
}

/** Faults that a run of the second task, up to its next message, made in the pages. */
struct run {
    l4_word_t faults, wrong_eip;
    l4_ipc_result_t last;
};

/** Answers `m`; all pages that follow the one asked for go along, if `around`. */
static struct run serve(l4_ipc_result_t m, l4_word_t around) {
    struct run run = {0, 0, m};
    for (m = l4_ipc_reply_and_wait(m.from, 0, 0, 0, 0); m.w0 < DONE;) {
        const l4_word_t address = m.w0 & L4_FP_PAGE_MASK, write = m.w0 & L4_PF_WRITE;
        l4_word_t fpage = 0;
        l4_my_utcb()->map_count = 0;
        if (address < SEEN) {
            fpage = second_task_page(m.w0);
        } else {
            const l4_word_t index = (address - SEEN) >> L4_PAGE_SHIFT;
            l4_word_t* const list = &l4_my_utcb()->state.gs;
            run.faults++;
            fpage = l4_fpage((l4_word_t)(uintptr_t)pages[index], L4_PAGE_SHIFT, write);
            for (l4_word_t i = index + 1; around && i < PAGES; i++) {
                const l4_word_t n = l4_my_utcb()->map_count++;
                list[2 * n] = SEEN + (i << L4_PAGE_SHIFT);
                list[2 * n + 1] = l4_fpage((l4_word_t)(uintptr_t)pages[i], L4_PAGE_SHIFT, write);
            }
        }
        m = l4_ipc_reply_and_wait(m.from, l4_snd_fpage(), address, fpage, 0);
    }
    run.last = m;
    return run;
}

int main(void) {
    tap_t tap = {0, 0};
    const l4_word_t number = second_task_start(second, stack + 1024, 0);
    l4_word_t expected = 0;
    struct run run = {0, 0, {0, 0, 0, {0, 0}}};
    for (l4_word_t i = 0; i < PAGES; i++) expected += pages[i][0] = 100 + i;
    for (;;) { /* its first fault, that of its code */
        run.last = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
        if (l4_id_task(run.last.from) == number) break;
    }
    (void)l4_ipc_send(run.last.from, l4_snd_fpage(), run.last.w0 & L4_FP_PAGE_MASK,
                      second_task_page(run.last.w0), L4_TIMEOUT_NEVER);
    run.last = l4_ipc_wait(0, L4_TIMEOUT_NEVER);

    run = serve(run.last, 0);
    tap_equal(&tap, run.faults, PAGES, "one fault for each page that it reads");
    tap_equal(&tap, run.last.w1, expected, "it reads our memory");
    run = serve(run.last, 0);
    tap_equal(&tap, run.faults, PAGES, "one for each that it then writes");
    tap_equal(&tap, pages[3][1], expected + 3, "it writes our memory");
    run = serve(run.last, 0);
    tap_equal(&tap, run.faults, 0, "no fault for what it has");
    for (l4_word_t i = 0; i < PAGES; i++)
        (void)l4_fpage_unmap(l4_fpage((l4_word_t)(uintptr_t)pages[i], L4_PAGE_SHIFT, 0), L4_FP_OTHER_SPACES);
    run = serve(run.last, 0);
    tap_equal(&tap, run.faults, PAGES, "one for each after its right was taken");
    for (l4_word_t i = 0; i < PAGES; i++)
        (void)l4_fpage_unmap(l4_fpage((l4_word_t)(uintptr_t)pages[i], L4_PAGE_SHIFT, 0),
                             L4_FP_FLUSH | L4_FP_OTHER_SPACES);
    run = serve(run.last, 1);
    tap_equal(&tap, run.faults, 1, "one for all after they were taken, when all go into one answer");
    tap_equal(&tap, run.last.w1, expected, "and they are the same");
    tap_equal(&tap, l4_root_task_free(number), L4_ROOT_OK, "its end");
    return tap_done(&tap);
}
