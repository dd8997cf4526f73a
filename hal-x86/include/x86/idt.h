// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

/// Makes the interrupt descriptor table and loads it.  Vectors that are not in it, and those that programs
/// may not use, are exception 13 to them.
void load_idt();
/// For a test: whatever has that vector ends in a double fault.
void remove_gate(std::uint32_t vector);

} // namespace x86
