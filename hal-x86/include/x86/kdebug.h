// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/frame.h"

namespace arch {
class Machine;
}

namespace x86 {

/// What every program may ask of the kernel debugger by int3 (l4/abi/kdebug.h): output, and a character.  The
/// bytes behind the int3 are instructions that do no harm or jump over the text, so the program just goes on.
/// False: these bytes ask for nothing.
bool kdebug(arch::Machine& machine, arch::Frame& frame, std::uint32_t vector);

/// The debugger itself, if the kernel was started with it; it looks at the kernel, which is above.
void enter_debugger(const char* why);

} // namespace x86
