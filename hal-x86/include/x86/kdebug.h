// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "arch/frame.h"
#include "kern/text_job.h"

namespace arch {
class Machine;
}

namespace x86 {

/// What every program may ask of the kernel debugger by int3 (l4/abi/kdebug.h): output, and a character.  The
/// bytes behind the int3 are instructions that do no harm or jump over the text, so the program just goes on
/// when the text that is returned is out.  Nothing: these bytes ask for nothing.
std::optional<kern::TextJob> kdebug(arch::Machine& machine, arch::Frame& frame, std::uint32_t vector);

/// Copies the text's next chunk, or puts one character; false: all of it is on the console.
bool print(arch::Machine& machine, kern::TextJob& job);

/// The debugger itself, if the kernel was started with it; it looks at the kernel, which is above.
void enter_debugger(const char* why);

} // namespace x86
