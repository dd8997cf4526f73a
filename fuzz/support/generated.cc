// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/generated.h"

#include "fuzz/support/session.h"

namespace fuzz {
namespace {

constexpr unsigned most_steps = 100;

StageKind kind_of(std::uint8_t byte) {
    constexpr std::uint32_t memory[] = {68, 96, 72, 256};
    constexpr test::Mode modes[] = {test::Mode::free, test::Mode::alone, test::Mode::free,
                                    test::Mode::stepwise};
    const test::Mode mode = modes[byte & 3];
    return {.mode = mode,
            .kernel_pages = memory[byte >> 2 & 3],
            .steps_per_entry = mode == test::Mode::free ? 1u : 1u + (byte >> 4 & 3)};
}

} // namespace

void play_trace(const char* target, std::span<const std::uint8_t> input, test::Trace::Taste taste) {
    if (input.empty()) return;
    for (std::uint32_t& weight : taste.weights) weight = weight == 0 ? 1 : weight * 8;
    const StageKind kind = kind_of(input[0]);
    if (kind.mode == test::Mode::stepwise) taste.outside = taste.failing = 0;
    Session session(target, kind);
    test::Trace trace(test::Dice(input.subspan(1)), kind.mode, session.lockstep(), taste);
    for (unsigned n = 0; n < most_steps && !trace.over(); ++n)
        if (!session.step(trace.next())) return;
}

} // namespace fuzz
