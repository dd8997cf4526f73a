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

} // namespace conformance::ipc
