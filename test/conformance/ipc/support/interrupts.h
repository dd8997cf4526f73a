// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "test/conformance/ipc/support/world.h"

namespace conformance::ipc {

/// Nothing interrupts a running program before that time, the timer included.
struct HeldBack : sim::Interrupts {
    Time until = 0;
    explicit HeldBack(Time when = ~Time{0}) : until(when) {}
    bool now(sim::World& w, Line) override { return w.now().raw() >= until; }
};

/// Nothing interrupts before that many windows in the kernel have passed.
struct AfterWindows : sim::Interrupts {
    unsigned left;
    explicit AfterWindows(unsigned windows) : left(windows) {}
    bool now(sim::World& w, Line) override {
        if (left != 0 && w.current().in_kernel()) --left;
        return left == 0;
    }
};

} // namespace conformance::ipc
