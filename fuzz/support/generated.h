// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "test/lockstep/trace.h"

namespace fuzz {

/// One execution of a target whose actions are those of the trace generator, with the input as its dice.  The
/// first byte says which stage.  What `taste` does not weigh happens now and then.
void play_trace(const char* target, std::span<const std::uint8_t> input, test::Trace::Taste taste);

/// The same as play_trace() on a stage with the PC's limits.  Returns what was done.
test::Recording play_as_on_pc(const char* target, std::span<const std::uint8_t> input,
                              test::Trace::Taste taste, test::Stopwatch* stopwatch);

} // namespace fuzz
