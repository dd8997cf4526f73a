// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "ia32/trap_frame.h"

namespace arch {

/// What the processor and entry.S push when a program is interrupted: straight into its thread, since the
/// stack pointer that the processor takes from the TSS is the end of this.
struct Frame : ia32::TrapFrame {};

} // namespace arch
