// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/generated.h"

#include "fuzz/support/session.h"

namespace fuzz {
namespace {

constexpr unsigned most_steps = 100;
constexpr std::uint32_t memory[] = {68, 96, 72, 256}; // pages

StageKind kind_of(std::uint8_t byte) {
    constexpr test::Mode modes[] = {test::Mode::free, test::Mode::alone, test::Mode::free,
                                    test::Mode::stepwise};
    const test::Mode mode = modes[byte & 3];
    return {.mode = mode,
            .kernel_pages = memory[byte >> 2 & 3],
            .steps_per_entry = mode == test::Mode::free ? 1u : 1u + (byte >> 4 & 3)};
}

void weigh(test::Trace::Taste& taste) {
    for (std::uint32_t& weight : taste.weights) weight = weight == 0 ? 1 : weight * 8;
}

void play(Session& session, std::span<const std::uint8_t> dice, test::Mode mode,
          const test::Trace::Taste& taste) {
    test::Trace trace(test::Dice(dice), mode, session.lockstep(), taste);
    for (unsigned n = 0; n < most_steps && !trace.over(); ++n)
        if (!session.step(trace.next())) return;
}

} // namespace

void play_trace(const char* target, std::span<const std::uint8_t> input, test::Trace::Taste taste) {
    if (input.empty()) return;
    weigh(taste);
    const StageKind kind = kind_of(input[0]);
    if (kind.mode == test::Mode::stepwise) taste.outside = taste.failing = 0;
    Session session(target, kind);
    play(session, input.subspan(1), kind.mode, taste);
}

test::Recording play_as_on_pc(const char* target, std::span<const std::uint8_t> input,
                              test::Trace::Taste taste, test::Stopwatch* stopwatch) {
    if (input.empty()) return {};
    weigh(taste);
    const StageKind kind{.mode = test::Mode::alone, .kernel_pages = memory[input[0] & 3], .pc = true};
    Session session(target, kind);
    session.lockstep().stopwatch = stopwatch;
    play(session, input.subspan(1), kind.mode, taste);
    session.lockstep().stopwatch = nullptr;
    return session.recording();
}

} // namespace fuzz
