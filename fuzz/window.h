// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "test/lockstep/recording.h"

namespace fuzz {

/// What the target fuzz_window does with an input, as a trace.
test::Recording record_window(std::span<const std::uint8_t> input, test::Stopwatch* stopwatch = nullptr);

} // namespace fuzz
