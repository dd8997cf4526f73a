// SPDX-License-Identifier: BSD-2-Clause
// What every entry does, and what every way out does: here, so that it is compiled into both of them.
#pragma once
#include "kern/kernel.h"

namespace kern {

constexpr Micros less(Micros a, Micros b) { return a < b ? a : b; }

/// Whose slice the running thread runs on.
inline Thread& Kernel::slice_owner() {
    Thread* const donor = scheduler_.donor();
    return donor && &current() == scheduler_.donee() ? *donor : current();
}

/// Charges `ran`, the thread that has run, for the time since the last charge; slice_owner() pays with its
/// slice.
inline void Kernel::charge(Micros now, Thread& ran, Thread& payer) {
    const Micros spent = now - now_;
    if (spent == Micros{0}) return;
    now_ = now;
    ran.consumed_ = ran.consumed_ + spent;
    Micros& left = payer.remaining_;
    std::uint64_t rest = 0; // the compiler does not see that to compare is to subtract
    if (left != never) left = Micros{__builtin_sub_overflow(left.raw(), spent.raw(), &rest) ? 0 : rest};
}

/// For the first deadline, the end of the slice that the thread to run runs on, or its time limit, which does
/// not matter while it is in the kernel.
inline void Kernel::arm_timer() {
    Micros at = later(now_, slice_owner().remaining_);
    if (timeouts_.first()) at = less(at, timeouts_.next());
    const Thread& t = current();
    if (t.has_time_limit_ && !t.in_kernel()) at = less(at, t.time_limit());
    if (at == armed_) return;
    armed_ = at;
    machine_.arm_timer(at);
}

/// Gives `next`, whom the scheduler picks, the machine: the timer, its space, UTCB, TLS and floating-point
/// registers.
[[gnu::always_inline]] inline Thread& Kernel::leave_to(Thread& next) {
    scheduler_.run(next);
    if ((next.has_time_limit_ && next.time_limit() <= now_) || next.has_iopl_) [[unlikely]]
        prepare(next);
    arm_timer();
    map_db_.activate(next.task().space());
    if constexpr (Ext::utcb) machine_.set_utcb(VAddr{L4_UTCB_AREA + next.lthread() * L4_UTCB_SIZE});
    if (Ext::tls && (next.has_tls_ || tls_loaded_ != 0)) {
        tls_loaded_ = next.has_tls_;
        machine_.set_tls(next.tls_);
    }
    if (fpu_owner_ != &next) {
        if (fpu_owner_) machine_.save_fpu(fpu_owner_->fpu);
        machine_.load_fpu(next.fpu);
        fpu_owner_ = &next;
    }
    return next;
}

} // namespace kern
