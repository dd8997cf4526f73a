/* SPDX-License-Identifier: BSD-2-Clause */
/* Two tasks call each other; the first, which made the second, is its pager too. In C. */
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

#define ROUNDS 1000u

static l4_word_t stack[1024] __attribute__((aligned(16)));
static volatile l4_word_t written_by_second;

/** Calls the first task, ROUNDS times, with 0, 1, 2, ...; tells by a last call that it is over. */
static void second(void) {
    l4_ipc_result_t r = {0, 0, 0, {0, 0}};
    const l4_threadid_t first = l4_id_nearest(l4_invalid_id()).id; /* its chief */
    for (l4_word_t i = 0; i < ROUNDS; i++) {
        r = l4_ipc_call_words(first, i | 0x80000000u, r.w1);
        written_by_second = i;
    }
    for (;;) (void)l4_ipc_call_words(first, 0x80000000u | ROUNDS, 0);
}

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t expected = 0, faults = 0, in_order = 1, echoed = 1;
    const l4_word_t number = second_task_start(second, stack + 1024, 0);
    l4_ipc_result_t m;
    m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
    while (expected <= ROUNDS) {
        if (l4_id_task(m.from) != number) {
            m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
        } else if (m.w0 < 0x80000000u) {
            faults++;
            m = l4_ipc_reply_and_wait(m.from, l4_snd_fpage(), m.w0 & L4_FP_PAGE_MASK, second_task_page(m.w0),
                                      0);
        } else {
            in_order &= m.w0 == (expected | 0x80000000u);
            echoed &= expected == 0 || expected == ROUNDS || m.w1 == expected * 3;
            expected++;
            if (expected <= ROUNDS) m = l4_ipc_reply_and_wait(m.from, 0, m.w0, expected * 3, 0);
        }
    }
    tap_check(&tap, in_order != 0, "every call came, in order");
    tap_check(&tap, echoed != 0, "every answer came back");
    tap_check(&tap, faults >= 2, "its page faults came here");
    tap_equal(&tap, written_by_second, ROUNDS - 1, "it wrote to memory of both");
    tap_equal(&tap, l4_root_task_free(number), L4_ROOT_OK, "the task ends and its number goes back");
    tap_equal(&tap, l4_ipc_error(l4_ipc_send(l4_threadid(number, 0), 0, 0, 0, L4_TIMEOUT_NEVER)),
              L4_IPC_ENOT_EXISTENT, "then it is not there");
    return tap_done(&tap);
}
