// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// Holds an interrupt line back until some thread has been in the kernel, ready to go on with a long
/// operation, for a number of windows.
class InTheMidst : public sim::Interrupts {
public:
    InTheMidst(sim::World& world, Line line, l4_threadid_t of, unsigned windows = 1)
        : line_(line), of_(kern::ThreadId::of(of)), windows_(windows) {
        world.set_interrupts(this);
    }
    bool reached() const { return windows_ == 0; }

private:
    bool now(sim::World& world, Line line) override {
        if (line != line_ || windows_ == 0) return true;
        const kern::Thread& running = world.current();
        if (!running.idle() && running.id() == of_ && running.in_kernel()) --windows_;
        return windows_ == 0;
    }

    const Line line_;
    const kern::ThreadId of_;
    unsigned windows_;
};

} // namespace conformance::system
