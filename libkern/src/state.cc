// SPDX-License-Identifier: BSD-2-Clause
// The one writer of the wait state: everything that makes a thread wait, ready or dead passes here.
#include "disarm.h"
#include "kern/kernel.h"

namespace kern {
namespace {

/// Among many timeouts a change takes long, and one entry may do several.  Before and behind it interrupts
/// may come then, which are served when the entry ends.
class Rest {
public:
    Rest(const TimeoutQueue& timeouts, arch::Machine& machine)
        : machine_(machine), long_(timeouts.count() >= few) {
        if (long_) machine_.rest();
    }
    ~Rest() {
        if (long_) machine_.rest();
    }
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;

private:
    static constexpr std::uint32_t few = 2;
    arch::Machine& machine_;
    const bool long_;
};

void arm(TimeoutQueue& timeouts, Timeout& t, Micros deadline, arch::Machine& machine) {
    if (deadline == never) return;
    const Rest rest(timeouts, machine);
    timeouts.arm(t, deadline);
}

} // namespace

void disarm(TimeoutQueue& timeouts, Timeout& t, arch::Machine& machine) {
    if (!t.armed()) return;
    const Rest rest(timeouts, machine);
    timeouts.disarm(t);
}

/// Takes t off the ready queue until something makes it ready.  A deadline already past is the caller's to
/// handle.
void Kernel::block(Thread& t, const Wait& wait, Micros deadline) {
    scheduler_.remove(t);
    disarm(timeouts_, t.timeout, machine_);
    t.wait_ = wait;
    t.op_ = Op::none;
    arm(timeouts_, t.timeout, deadline, machine_);
}

/// Ready threads never move by being made ready.
void Kernel::make_ready(Thread& t, Place place) {
    disarm(timeouts_, t.timeout, machine_);
    t.wait_ = {.what = Wait::For::nothing};
    if (scheduler_.queued(t)) return;
    if (place == Place::head)
        scheduler_.enqueue_head(t);
    else
        scheduler_.enqueue_tail(t);
}

/// Ends t's IPC with this result and lets its program go on.
void Kernel::finish(Thread& t, std::uint32_t result, Place place) {
    t.frame.eax = result;
    t.op_ = Op::none;
    make_ready(t, place);
}

/// Takes t, who waits to send, off its receiver's queue.  The caller decides at once what t does next.
void Kernel::leave_queue(Thread& t) {
    t.wait_.with->senders.remove(t);
    t.wait_ = {.what = Wait::For::nothing};
}

/// An unhandled fault or exception: the thread stays, dead, with whoever waits to send to it (ex_regs may
/// revive it).
void Kernel::kill(Thread& t) {
    abort_ipc(t);
    detach_irq(t);
    t.deferred_ = {};
    t.set_time_limit(never);
    block(t, {.what = Wait::For::dead}, never);
}

} // namespace kern
