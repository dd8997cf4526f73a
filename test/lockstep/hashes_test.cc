// SPDX-License-Identifier: BSD-2-Clause
// Determinism: 1,000 seeds give the trace hashes of a committed file, whatever compiler, width, optimisation
// or sanitizer built this; every test run compares gcc and clang, each at -O0 and -O2.  If only some builds
// differ, dice.h says what to look for, and `bazel run //tools/trace -- random --print` of both shows where
// they part.  After a change of behaviour:
//   bazel build //test/lockstep:hashes_test && bazel/bin/test/lockstep/hashes_test --regenerate >
//   test/lockstep/hashes.golden
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "kern/ext.h"
#include "test/lockstep/run.h"

namespace test {
namespace {

constexpr std::uint64_t groups = 20, seeds_per_group = 50;

/// Every fifth group takes one to three steps an entry, every other fifth lets things come in between, too.
Mode mode_of(std::uint64_t group) {
    if (group % 5 == 3) return Mode::stepwise;
    return group % 5 == 4 ? Mode::alone : Mode::free;
}

/// One hash over the traces of 50 seeds.
std::string group_hash(std::uint64_t group) {
    std::uint64_t combined = 0;
    for (std::uint64_t i = 0; i < seeds_per_group; ++i) {
        const RunOptions options{.seed = group * seeds_per_group + i, .mode = mode_of(group)};
        combined = combined * 0x100000001b3 + run(options).hash;
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(combined));
    return text;
}

class FiftySeeds : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(FiftySeeds, GiveTheCommittedHash) {
    std::ifstream golden("test/lockstep/hashes.golden");
    ASSERT_TRUE(golden)
        << "test/lockstep/hashes.golden is missing; the head of this file says how to make it";
    const std::uint64_t group = GetParam();
    std::string expected;
    for (std::uint64_t line = 0; line <= group; ++line) golden >> expected;
    ASSERT_TRUE(golden) << "test/lockstep/hashes.golden has fewer than " << groups << " lines";
    EXPECT_EQ(group_hash(group), expected)
        << "mode " << to_string(mode_of(group)) << ", seeds from " << group * seeds_per_group << " on";
}

/// Without shortcuts those only in which an entry takes all steps that there are: what goes at once may be
/// more than the steps that one entry has (kern::at_once()).
std::vector<std::uint64_t> compared() {
    std::vector<std::uint64_t> found;
    for (std::uint64_t group = 0; group < groups; ++group)
        if (kern::Ext::shortcut || mode_of(group) == Mode::free) found.push_back(group);
    return found;
}

INSTANTIATE_TEST_SUITE_P(Determinism, FiftySeeds, ::testing::ValuesIn(compared()));

TEST(Determinism, TwoRunsOfASeedAreTheSame) {
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        EXPECT_EQ(run({.seed = seed}).hash, run({.seed = seed}).hash);
}

} // namespace
} // namespace test

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--regenerate") == 0) {
        for (std::uint64_t group = 0; group < test::groups; ++group)
            std::puts(test::group_hash(group).c_str());
        return 0;
    }
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
