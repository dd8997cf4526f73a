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

/// Runs the seeds of this shard; a failure prints the seed, the first bad step, and the command that replays
/// it.
void run_seeds(Mode mode, std::uint64_t count) {
    std::uint64_t events = 0, followed = 0;
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        const RunOptions options{.seed = seed, .mode = mode, .steps = steps};
        const Outcome outcome = run(options);
        ASSERT_EQ(outcome.failure, "") << "replay: " << replay_command(options);
        events += outcome.events;
        followed += outcome.followed;
    }
    ::testing::Test::RecordProperty("seeds", std::to_string(count));
    ::testing::Test::RecordProperty("events", std::to_string(events));
    EXPECT_GT(events, count * 10) << "the traces hardly do anything";
    const std::uint64_t least = mode == Mode::alone ? 0 : count * 9 / 10;
    EXPECT_GE(followed, least) << "the specification loses most traces";
}

TEST(RandomTraces, AgreeAfterEveryEvent) { run_seeds(Mode::free, 10000); }
TEST(RandomTraces, AgreeWhenOperationsTakeManyEntries) { run_seeds(Mode::stepwise, 2000); }
TEST(RandomTraces, KeepTheInvariantsWhateverComesInBetween) { run_seeds(Mode::alone, 2000); }

} // namespace
} // namespace test
