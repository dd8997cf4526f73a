// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace x86 {

/// Makes the interrupt descriptor table and loads it.  Vectors that are not in it, and those that programs
/// may not use, are exception 13 to them.
void load_idt();

} // namespace x86
