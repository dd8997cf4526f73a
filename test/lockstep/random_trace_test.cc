// SPDX-License-Identifier: BSD-2-Clause
// Seeded random traces, kernel against specification after every event (test/lockstep/trace.h says how they
// are made).
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "test/lockstep/run.h"

namespace test {
namespace {

constexpr unsigned steps = 50;

/// A test is this many seeds: many small tests, so that shards are even.
constexpr std::uint64_t slice = 500;

/// Its parameter is the first seed.  A failure prints the seed, the first bad step, and the command that
/// replays it.
class RandomTraces : public ::testing::TestWithParam<std::uint64_t> {
protected:
    static void run_slice(Mode mode) {
        std::uint64_t events = 0, followed = 0;
        for (std::uint64_t seed = GetParam(); seed < GetParam() + slice; ++seed) {
            const RunOptions options{.seed = seed, .mode = mode, .steps = steps};
            const Outcome outcome = run(options);
            ASSERT_EQ(outcome.failure, "") << "replay: " << replay_command(options);
            events += outcome.events;
            followed += outcome.followed;
        }
        RecordProperty("events", std::to_string(events));
        EXPECT_GT(events, slice * 10) << "the traces hardly do anything";
        const std::uint64_t least = mode == Mode::alone ? 0 : slice * 9 / 10;
        EXPECT_GE(followed, least) << "the specification loses most traces";
    }
};

auto seeds_up_to(std::uint64_t end) { return ::testing::Range(std::uint64_t{0}, end, slice); }

class FreeTraces : public RandomTraces {};
TEST_P(FreeTraces, AgreeAfterEveryEvent) { run_slice(Mode::free); }
INSTANTIATE_TEST_SUITE_P(From, FreeTraces, seeds_up_to(10000));

class StepwiseTraces : public RandomTraces {};
TEST_P(StepwiseTraces, AgreeWhenOperationsTakeManyEntries) { run_slice(Mode::stepwise); }
INSTANTIATE_TEST_SUITE_P(From, StepwiseTraces, seeds_up_to(2000));

class TracesAlone : public RandomTraces {};
TEST_P(TracesAlone, KeepTheInvariantsWhateverComesInBetween) { run_slice(Mode::alone); }
INSTANTIATE_TEST_SUITE_P(From, TracesAlone, seeds_up_to(2000));

} // namespace
} // namespace test
