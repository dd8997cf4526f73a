// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/event.h"

namespace kern {
class Thread;
}

namespace sim {

class World;

/// Follows a World: a checker, a recorder.  Must not change it.
class Observer {
public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;
    /// `running` has its registers loaded; the kernel has not seen the event yet.  The time is the machine's.
    virtual void before(World&, const kern::Event&, const kern::Thread& running) {
        static_cast<void>(running);
    }
    /// `next` will run.
    virtual void after(World&, const kern::Event&, const kern::Thread& next) { static_cast<void>(next); }
    /// A user access was done: `accessed`, and `dirty` when `write`.
    virtual void accessed(World&, const kern::Thread&, kern::VAddr, bool write) { static_cast<void>(write); }
};

/// Decides when interrupts come.  Asked at each instruction boundary and each window in the kernel while the
/// timer is due
/// (`line` is the timer's, 0) or a line is deliverable.  Not asked when the machine idles.
class Interrupts {
public:
    Interrupts() = default;
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    virtual ~Interrupts() = default;
    virtual bool now(World& world, kern::Line line) = 0;
};

} // namespace sim
