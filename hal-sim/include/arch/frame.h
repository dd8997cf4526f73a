// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "ia32/trap_frame.h"

namespace arch {

/// hal-sim: a simulated program reads and writes these registers directly.
struct Frame : ia32::TrapFrame {};

} // namespace arch
