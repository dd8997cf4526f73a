/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that never gives the processor back comes back at the time that its pager's answer has set. */
#include "l4/abi/exception.h"
#include "l4/sys/kip.h"
#include "l4/sys/utcb.h"
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

#define ROUNDS 20u
#define STEP   3000u /**< us */

static l4_word_t stack[1024] __attribute__((aligned(4096)));
static struct {
    volatile l4_word_t loops;
} shared __attribute__((aligned(4096)));

static void spin(void) {
    for (;;) shared.loops++;
}

static void limit(uint64_t time) {
    l4_my_utcb()->time_limit[0] = (l4_word_t)time;
    l4_my_utcb()->time_limit[1] = (l4_word_t)(time >> 32);
}

int main(void) {
    tap_t tap = {0, 0};
    const l4_kip_t* const kip = l4_kernel_info();
    const l4_word_t number = second_task_start(spin, stack + 1024, 0);
    l4_word_t early = 0, late = 0, stood = 0, others = 0, loops = 0, faults = 0;
    uint64_t at = 0;
    l4_ipc_result_t m;
    l4_utcb_take_exceptions(L4_UTCB_TIME_LIMIT);
    limit(UINT64_MAX);
    for (m = l4_ipc_wait(0, L4_TIMEOUT_NEVER); faults <= ROUNDS;) {
        const uint64_t now = l4_kip_clock(kip);
        if (m.w0 != L4_EXC_COOKIE_0) {
            limit(at = now + STEP);
            m = l4_ipc_reply_and_wait(m.from, l4_snd_fpage(), m.w0 & L4_FP_PAGE_MASK, second_task_page(m.w0),
                                      0);
            continue;
        }
        others += l4_my_utcb()->state.trapno != L4_TRAP_TIME;
        early += now < at;
        late += now > at + 20 * STEP;
        stood += shared.loops == loops;
        loops = shared.loops;
        if (++faults > ROUNDS) break;
        limit(at = now + STEP);
        m = l4_ipc_reply_and_wait(m.from, 0, 0, 0, 0);
    }
    tap_equal(&tap, others, 0, "only time faults come");
    tap_equal(&tap, early, 0, "none before its time");
    tap_equal(&tap, late, 0, "none long after it");
    tap_equal(&tap, stood, 0, "the thread ran in between");
    tap_equal(&tap, l4_root_task_free(number), L4_ROOT_OK, "its end");
    return tap_done(&tap);
}
