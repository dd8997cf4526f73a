// SPDX-License-Identifier: BSD-2-Clause
// What timer events do (docs/semantics.md 1.2, 1.3, 3.3): ends of slices, timeouts.
#include "switch.h"

namespace kern {

/// Of one timer event, each of Limits::timeouts.
constexpr std::uint32_t most_pieces = 8;

void Kernel::timer() {
    armed_ = never; // one-shot
    Thread& owner = slice_owner();
    const auto due = [&] { return timeouts_.first() && timeouts_.next() <= now_; };
    for (std::uint32_t pieces = 0; due() && pieces != most_pieces; ++pieces) {
        if (pieces != 0 && machine_.interrupted()) break;
        for (Steps expiries{limits_.timeouts}; due() && expiries.take();) expire(*timeouts_.first()->owner);
    }
    if (owner.idle() || owner.remaining_ != Micros{0}) return;
    owner.remaining_ = owner.slice_;
    if (&owner == scheduler_.donor()) scheduler_.end_donation();
    if (scheduler_.queued(owner)) scheduler_.rotate(owner);
}

void Kernel::expire(Thread& t) {
    if (t.fault_.kind == Fault::Kind::transfer) return fault_timeout(*t.fault_.driver, t.fault_.driver == &t);
    if (t.wait_.what != Wait::For::send) return finish(t, L4_IPC_RETIMEOUT);
    leave_queue(t);
    finish(t, L4_IPC_SETIMEOUT);
}

} // namespace kern
