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

using kern::Limits;

/// The most that one entry takes, of the operation with `n`.
std::uint64_t most_work(const Mass& mass, Word n, const Limits& limits) {
    sim::World w(roomy(limits));
    const Mass::Scene scene = mass.stand(w, n);
    Work work(w);
    scene.go(w);
    EXPECT_EQ(w.run(1000000), sim::End::idle);
    EXPECT_TRUE(scene.done(w)) << n;
    EXPECT_GT(work.entries, 0u);
    return work.most;
}

/// What an entry of a scene may take: a base, and so much for each step that a member of Limits allows.
/// As measured with gcc -O1 (clang counts a third) for 64 bits and for 32, whichever is more; a member
/// without a cost bounds nothing there.
struct Bound {
    const char* scene;
    double base, byte = 0, page = 0, timeout = 0, thread = 0, link = 0;
    double of(const Limits& l) const {
        return base + byte * l.bytes + page * l.pages + timeout * l.timeouts + thread * l.threads +
               link * l.chain;
    }
};
constexpr Bound bounds[] = {
    {.scene = "wide_tree_unmapped", .base = 124, .page = 134},
    {.scene = "wide_tree_unmapped_in_one_task", .base = 222, .page = 150},
    {.scene = "wide_tree_made_read_only", .base = 111, .page = 171},
    {.scene = "split_superpage_unmapped", .base = 227, .page = 92},
    {.scene = "wide_split_tree_loses_a_part", .base = 4560, .page = 10},
    {.scene = "deep_tree_unmapped", .base = 129, .page = 134},
    {.scene = "receiver_of_many_killed", .base = 178, .page = 107, .thread = 25},
    {.scene = "many_received", .base = 134},
    {.scene = "many_sends_time_out", .base = 86, .timeout = 261},
    {.scene = "many_sleeps_time_out", .base = 82, .timeout = 260},
    {.scene = "chain_of_senders_taken", .base = 149, .link = 73},
    {.scene = "pager_of_many_killed", .base = 178, .page = 107, .thread = 35},
    {.scene = "wide_task_tree_deleted", .base = 341, .page = 111},
    {.scene = "full_task_deleted", .base = 116, .page = 133, .thread = 62},
    {.scene = "long_string_sent", .base = 850},
    {.scene = "idle_map_items_sent", .base = 115, .byte = 3.7},
    {.scene = "far_map_items_sent", .base = 4450, .byte = 0.7},
    {.scene = "empty_strings_sent", .base = 134, .byte = 3.4},
    {.scene = "large_flexpage_mapped", .base = 2250, .page = 152.8},
    {.scene = "ports_of_many_unmapped", .base = 178, .page = 262},
    {.scene = "ports_of_a_chain_unmapped", .base = 178, .page = 262},
    {.scene = "ports_of_many_granted", .base = 4332, .page = 384},
    {.scene = "account_of_slabs_released", .base = 323, .page = 107},
};

/// Little, for gcc that optimizes.  Else small functions have blocks of their own, or sanitizers add some;
/// what ignores a limit takes 30 times the work, even there.
#if defined(__OPTIMIZE__) && !defined(__clang__)
constexpr double slack = 1.05;
#else
constexpr double slack = 7;
#endif

const Bound& bound_of(const Mass& mass) {
    const auto* const found = std::find_if(std::begin(bounds), std::end(bounds),
                                           [&](const Bound& b) { return mass.name == std::string(b.scene); });
    kern::ensure(found != std::end(bounds), "a scene has no bound");
    return *found;
}

class WorkOfAnEntry : public ::testing::TestWithParam<Mass> {
protected:
    /// At its largest size.
    void expect_within_bound(const Limits& limits) const {
        const Mass& mass = GetParam();
        const std::uint64_t most = most_work(mass, mass.sizes[2], limits);
        const double bound = bound_of(mass).of(limits) * slack;
        std::printf("%-30s %8llu blocks of %6.0f; %u bytes, %u pages, %u timeouts, %u threads, chain of %u\n",
                    mass.name, static_cast<unsigned long long>(most), bound, limits.bytes, limits.pages,
                    limits.timeouts, limits.threads, limits.chain);
        EXPECT_LE(most, bound);
    }
};
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

TEST_P(WorkOfAnEntry, IsBoundedByLimits) {
    constexpr Limits all{};
    expect_within_bound(all);
    expect_within_bound({.bytes = all.bytes / 2,
                         .pages = all.pages / 2,
                         .timeouts = all.timeouts / 2,
                         .threads = all.threads / 2,
                         .chain = all.chain / 2});
}

/// The steps of one kind are not lost among those of another.
TEST_P(WorkOfAnEntry, IsBoundedByEachOfThem) {
    constexpr Limits all{}, few{.bytes = 64, .pages = 2, .timeouts = 2, .threads = 2, .chain = 2};
    expect_within_bound(few);
    const Bound& b = bound_of(GetParam());
    const auto alone = [&](double cost, std::uint32_t Limits::*member) {
        Limits limits = few;
        limits.*member = all.*member;
        if (cost != 0) expect_within_bound(limits);
    };
    alone(b.byte, &Limits::bytes);
    alone(b.page, &Limits::pages);
    alone(b.timeout, &Limits::timeouts);
    alone(b.thread, &Limits::threads);
    alone(b.link, &Limits::chain);
}

} // namespace
} // namespace attack
