// SPDX-License-Identifier: BSD-2-Clause
// The one instruction that a thread of a trace executes in a step.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/frame.h"
#include "test/replay/pack.h"

namespace replay {

/// The actions of test::Action, in their order.
enum class Kind : std::uint32_t {
    call,
    load,
    store,
    exception,
    io,
    emulate,
    set,
    fpu,
    irq,
    pass,
    timer,
    resume,
    fail,
};
constexpr bool by_user(Kind kind) { return kind <= Kind::fpu; }

enum Register : std::uint32_t { gs, fs, eflags, esp, eip };

/// In the page that programs execute; then, unless the kernel hears of it, `int3` follows.
struct Program {
    bool real = false;         ///< false: no instruction does that, the kernel is told by hand
    std::uint32_t end = 0;     ///< where the int3 is; 0: there is none
    std::uint32_t trapped = 0; ///< EIP that the kernel gets with an event: behind the instruction, or at it
    std::uint32_t changes = 0; ///< EFLAGS that differ afterwards
    bool borrows_eax = false, borrows_edx = false;
    bool may_be_refused = false; ///< a general-protection fault is no event then, but nothing happens
};

/// Writes the instruction of a step at the start of `page`, which programs see at `va`, and puts into the
/// frame what registers it needs.
Program compose(const Step& step, std::span<std::byte, 4096> page, std::uint32_t va, arch::Frame& frame);

} // namespace replay
