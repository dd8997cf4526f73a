// SPDX-License-Identifier: BSD-2-Clause
// More is typed than the debugger keeps for programs, and faster than it comes to an end.  What is measured
// meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include "tap.h"

extern "C" [[noreturn]] void program();

void program() {
    constexpr Word kept = 64;
    Tap tap;
    put("type now\n");
    Word good = 0;
    for (Word i = 0; i < kept; ++i) good += input() == 'x';
    tap.equal(good, kept, "what is kept of a flood is what was typed first");
    tap.done();
}
