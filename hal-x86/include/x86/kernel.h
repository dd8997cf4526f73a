// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "l4/abi/kip.h"

namespace x86 {

/// The machine and the kernel on it: there is one interrupt descriptor table, so there is one of each.
extern arch::Machine machine;

/// What entry code needs besides.
struct Running {
    kern::Kernel* kernel = nullptr;
    l4_kip_t* kip = nullptr;
    std::uint32_t exit_port = 0; ///< option `exit=`
    bool checks = false;         ///< option `checks`: invariants after each event
    bool crash = false;          ///< option `crash`: as soon as nobody has anything to do
};
extern Running running;

/// Gives the processor to t: what it waits for in the kernel is done first.  Returns the frame of the thread
/// that goes on in user mode, in the end.
arch::Frame* run(kern::Thread* t);

/// Tells the kernel; returns who runs next.
kern::Thread* handle(const kern::Event& event);

/// The interrupt of that vector, taken while `t` was running; returns who runs next.
kern::Thread* take_interrupt(kern::Thread* t, std::uint32_t vector);

/// Says what, where, with which registers, and who called whom; stops.
[[noreturn]] void panic(const char* what, const arch::Frame* frame = nullptr);

} // namespace x86
