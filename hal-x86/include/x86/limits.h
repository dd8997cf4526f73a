// SPDX-License-Identifier: BSD-2-Clause
// A file of its own, because traces are recorded with them on the simulator, too.
#pragma once
#include "kern/limits.h"

namespace x86 {

/// About a thousand instructions' worth each.
inline constexpr kern::Limits limits{.bytes = 2112, .pages = 4, .timeouts = 1, .threads = 1, .chain = 1};

} // namespace x86
