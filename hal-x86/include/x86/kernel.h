// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "l4/abi/kip.h"

namespace x86 {

/// The machine and the kernel on it: there is one interrupt descriptor table, so there is one of each.  The
/// names are those that assembly uses.
extern arch::Machine machine asm("machine");

/// What entry code needs besides.
struct Running {
    kern::Kernel* kernel = nullptr;
    l4_kip_t* kip = nullptr;
    std::uint32_t exit_port = 0; ///< option `exit=`
    bool checks = false;         ///< option `checks`: invariants after each event
    bool watched = false;        ///< there is something to do around each event: `checks`, or the trace ring
    bool crash = false;          ///< option `crash`: as soon as nobody has anything to do
    /// The interrupts that came while the kernel let them in and that nobody has taken yet, a bit for each.
    volatile std::uint32_t arrived = 0;
};
extern Running running asm("running");
alignas(kern::Kernel) extern std::byte kernel_storage[sizeof(kern::Kernel)] asm(
    "kernel_storage"); ///< where running.kernel is

/// The interrupt of that vector, taken while `t` was running; returns who runs next.
kern::Thread* take_interrupt(kern::Thread* t, std::uint32_t vector);

/// Says what, where, with which registers, and who called whom; stops.
[[noreturn]] void panic(const char* what, const arch::Frame* frame = nullptr);

} // namespace x86
