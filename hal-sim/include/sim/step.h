// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <coroutine>
#include <cstdint>

#include "sim/fiber.h"
#include "sim/instruction.h"

namespace sim {

/// Waits for one instruction.  Trivially destructible, as everything in a co_await expression should be.
struct Step {
    Instruction instruction{};
    Fiber* fiber = nullptr; ///< known when awaited: a program can not issue instructions for another

    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> who) noexcept {
        fiber = who.promise().fiber;
        fiber->issue(who, instruction);
    }
};

/// An instruction without a result.
struct Do : Step {
    void await_resume() const noexcept {}
};

/// One that leaves a value.
struct Get : Step {
    std::uint32_t await_resume() const noexcept { return fiber->value(); }
};

/// A system call whose registers R takes apart.
template <class R>
struct Call : Step {
    R await_resume() const noexcept { return R::of(fiber->regs()); }
};

} // namespace sim
