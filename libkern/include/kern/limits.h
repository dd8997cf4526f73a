// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace kern {

/// Bounds of the work that is done without a look at who else wants the processor.  What is left goes on when
/// the machine says that no interrupt has come (Machine::interrupted()), else at the next `resume` or timer
/// event (docs/semantics.md 1.4), so the longest stretch without interrupts does not grow with any tree,
/// queue or message.
struct Limits {
    std::uint32_t bytes = 4352; ///< copied by a transfer
    std::uint32_t pages = 32;   ///< page-table entries and mapping nodes visited by map, unmap, clear
    std::uint32_t timeouts = 8; ///< timeouts expired by one timer event
    std::uint32_t threads = 8;  ///< threads deleted, senders dismissed, task numbers handed back
    std::uint32_t chain = 8;    ///< senders whose receive phases follow each other
};

/// For comparing with the specification: every operation ends in the entry in which it begins.
inline constexpr Limits unlimited{~0u, ~0u, ~0u, ~0u, ~0u};

/// Of Limits::pages, for a frame that is written whole.
inline constexpr std::uint32_t steps_per_frame = 8;

/// Of a limit, for the way into the kernel, in the piece of work that begins with it.
constexpr std::uint32_t way_in(std::uint32_t limit) { return limit / 4; }

/// What is done at once, without a Walk or the steps of a Transfer, takes less than half of the time: there
/// may be twice as much of it.
constexpr std::uint32_t at_once(std::uint32_t limit) { return limit <= ~0u / 2 ? 2 * limit : ~0u; }

/// What is left of a bound in this entry.
class Steps {
public:
    explicit constexpr Steps(std::uint32_t n) : left_(n), most_(n) {}
    /// Takes one step; false: the bound is reached, stop here and go on at the next entry.
    constexpr bool take() { return left_ != 0 && left_-- != 0; }
    /// Takes up to n steps at once; returns how many.
    constexpr std::uint32_t take_up_to(std::uint32_t n) {
        const std::uint32_t taken = n < left_ ? n : left_;
        left_ -= taken;
        return taken;
    }
    /// Takes n steps for what can not be divided: with a lower bound, all that there are, before anything
    /// else is done.  False: not now.
    constexpr bool take_whole(std::uint32_t n) {
        if (n > left_ && left_ != most_) return false;
        take_up_to(n);
        return true;
    }
    /// For what was done already, whatever is left.
    constexpr void pay(std::uint32_t n) { take_up_to(n); }
    constexpr bool exhausted() const { return left_ == 0; }
    constexpr std::uint32_t left() const { return left_; }

private:
    std::uint32_t left_;
    std::uint32_t most_;
};

} // namespace kern
