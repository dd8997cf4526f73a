// SPDX-License-Identifier: BSD-2-Clause
// The work of one kernel entry has a bound that depends on Limits only, and does not grow with what there is
// to do (testing V2, G11).  Work is what the compiler counts: basic blocks of libkern that are executed; the
// same program always does the same.  bench/slope_test.py counts instructions, of fewer scenes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "test/attack/support/mass.h"

namespace {
std::uint64_t blocks; // executed so far
} // namespace

/// Called by libkern at the begin of each basic block (//build:counted.bzl).
extern "C" void __sanitizer_cov_trace_pc();
extern "C" void __sanitizer_cov_trace_pc() { ++blocks; }

namespace attack {
namespace {

/// The entry in which the kernel worked most.
class Work : private sim::Observer {
public:
    explicit Work(sim::World& w) { w.observe(*this); }
    std::uint64_t most = 0, entries = 0;

private:
    void before(sim::World&, const kern::Event&, const kern::Thread&) override { from_ = blocks; }
    void after(sim::World&, const kern::Event&, const kern::Thread&) override {
        most = std::max(most, blocks - from_);
        ++entries;
    }
    std::uint64_t from_ = 0;
};

/// The most that one entry takes, of the operation with `n`.
std::uint64_t most_work(const Mass& mass, Word n, const kern::Limits& limits) {
    sim::World w(roomy(limits));
    const Mass::Scene scene = mass.stand(w, n);
    Work work(w);
    scene.go(w);
    EXPECT_EQ(w.run(1000000), sim::End::idle);
    EXPECT_TRUE(scene.done(w)) << n;
    EXPECT_GT(work.entries, 0u);
    return work.most;
}

class WorkOfAnEntry : public ::testing::TestWithParam<Mass> {};
INSTANTIATE_TEST_SUITE_P(Of, WorkOfAnEntry, ::testing::ValuesIn(masses()),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_P(WorkOfAnEntry, DoesNotGrow) {
    const Mass& mass = GetParam();
    std::uint64_t most[3];
    for (int i = 0; i < 3; ++i) most[i] = most_work(mass, mass.sizes[i], {});
    std::printf("%-28s %8llu %8llu %8llu blocks\n", mass.name, static_cast<unsigned long long>(most[0]),
                static_cast<unsigned long long>(most[1]), static_cast<unsigned long long>(most[2]));
    // The smallest size may be over before an entry is full.
    const std::uint64_t tenth = most[1] / 10, decade = most[1] - std::min(most[0], most[1]);
    EXPECT_LE(most[2], most[1] + tenth + (mass.in_a_heap ? decade : 0));
}

} // namespace
} // namespace attack
