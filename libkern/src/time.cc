// SPDX-License-Identifier: BSD-2-Clause
// What the clock does to threads (docs/semantics.md 1.2, 1.3, 3.3): consumed time, slices, timeouts.
#include "kern/kernel.h"

namespace kern {
namespace {

constexpr Micros less(Micros a, Micros b) { return a < b ? a : b; }

} // namespace

/// Charges the running thread for the time since it was last charged; its donor pays with its slice.
void Kernel::charge() {
    const Micros spent = now_ - dispatched_;
    dispatched_ = now_;
    if (current_->idle()) return;
    current_->consumed_ = current_->consumed_ + spent;
    Thread& payer = slice_owner();
    if (payer.remaining_ != never) payer.remaining_ = payer.remaining_ - less(spent, payer.remaining_);
}

/// Whose slice the running thread runs on.
Thread& Kernel::slice_owner() { return current_ == scheduler_.donee() ? *scheduler_.donor() : *current_; }

void Kernel::timer() {
    armed_ = never; // one-shot
    Thread& owner = slice_owner();
    Steps expiries{limits_.timeouts};
    while (timeouts_.next() <= now_ && timeouts_.first() && expiries.take())
        expire(*timeouts_.first()->owner);
    if (owner.idle() || owner.remaining_ != Micros{0}) return;
    owner.remaining_ = owner.slice_;
    if (&owner == scheduler_.donor()) scheduler_.end_donation();
    if (owner.ready_link.linked()) scheduler_.rotate(owner);
}

void Kernel::expire(Thread& t) {
    if (t.fault_.kind == Fault::Kind::transfer) return fault_timeout(*t.fault_.driver, t.fault_.driver == &t);
    if (t.wait_.what != Wait::For::send) return finish(t, L4_IPC_RETIMEOUT);
    leave_queue(t);
    finish(t, L4_IPC_SETIMEOUT);
}

/// For the first deadline, the end of the slice that the thread to run runs on, or its time limit, which does
/// not matter while it is in the kernel.
void Kernel::arm_timer() {
    const Thread& owner = slice_owner();
    const Micros slice_end = owner.idle() || owner.remaining_ == never ? never : now_ + owner.remaining_;
    const Micros limit = current_->in_kernel() ? never : current_->time_limit();
    const Micros at = less(less(timeouts_.next(), slice_end), limit);
    if (at == armed_) return;
    armed_ = at;
    machine_.arm_timer(at);
}

} // namespace kern
