// SPDX-License-Identifier: BSD-2-Clause
// Every recording in test/lockstep/regressions was a difference, or a broken invariant, once.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "test/lockstep/recording.h"
#include "test/lockstep/run.h"

namespace test {
namespace {

std::vector<std::string> recordings() {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator("test/lockstep/regressions"))
        if (file.path().extension() == ".trace") names.push_back(file.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

class Regression : public ::testing::TestWithParam<std::string> {};

TEST_P(Regression, StaysFixed) {
    const Recording recording = read_recording("test/lockstep/regressions/" + GetParam() + ".trace");
    const Outcome outcome = replay(recording);
    EXPECT_EQ(outcome.failure, "");
    EXPECT_EQ(outcome.steps, recording.actions.size());
}

INSTANTIATE_TEST_SUITE_P(Recorded, Regression, ::testing::ValuesIn(recordings()),
                         [](const auto& recorded) { return recorded.param; });

TEST(Regressions, ThereAreSome) { EXPECT_FALSE(recordings().empty()); }

} // namespace
} // namespace test
