// SPDX-License-Identifier: BSD-2-Clause
// Ports that many tasks hold are taken back from one that has none, by a thread with everything that makes
// the way out long: ports, segments, FPU registers, the end of its slice.  What is measured meanwhile is how
// long interrupts have to wait (bench/kernel_irqs_off.py).
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, asker = 2, first_holder = 5, holders = 8, nobody = 40;
volatile Word rounds = 0;

void ask() {
    asm volatile("cli"); // all ports
    for (;;) {
        asm volatile("fldz; fstp %st");
        for (Word n = 0; n < 14; ++n)
            call<L4_VEC_FPAGE_UNMAP>(
                {.eax = L4_FP_IO_WHOLE, .ecx = L4_FP_FLUSH | l4_unmap_in_task(nobody + n)});
        rounds = rounds + 1;
        sleep(receive_within(16 + rounds % 7 * 16));
    }
}

void set_segments_and_slice() {
    constexpr Word prio = 150, exponent = 14, mantissa = 16;
    describe_segments();
    ex_regs(asker | L4_EX_REGS_TLS | L4_EX_REGS_NO_CANCEL, ~0u, ~0u, l4_invalid_id());
    call<L4_VEC_THREAD_SCHEDULE>({.eax = l4_sched_param(prio, mantissa, exponent),
                                  .ebx = ~0u,
                                  .ebp = ~0u,
                                  .esi = thread(asker).low,
                                  .edi = thread(asker).high});
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    asm volatile("cli; sti"); // all ports
    start(pager, takers::be_pager);
    set_prio(pager, 200);
    start(asker, ask);
    set_segments_and_slice();
    bool good = true;
    for (Word n = 0; n < holders; ++n) {
        good &= takers::make(first_holder + n, pager);
        sleep(receive_within(2000));
        good &= takers::give(first_holder + n, 0, L4_FP_IO_WHOLE);
        sleep(receive_within(4000));
    }
    tap.check(good, "many tasks hold all ports");
    tap.check(rounds > 100, "nobody has lost one");
    tap.done();
}
