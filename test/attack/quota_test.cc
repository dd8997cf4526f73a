// SPDX-License-Identifier: BSD-2-Clause
// A task that spends its quota in every way that there is hurts nobody else, and leaves nothing behind
// (docs/semantics.md 5.3, 9.8, testing V1).
#include <gtest/gtest.h>

#include <vector>

#include "l4/abi/fpage.h"
#include "test/attack/support/hostile.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

constexpr std::uint32_t attackers_quota = 60, victims_quota = 26;
constexpr std::uint64_t round_time = 4000;

/// Root makes hostile task A, lets it rage, deletes it at any moment, and so on; B does what its own quota is
/// for all the time, and is more urgent, so that it does so between any two entries of A's.
template <class World>
class Scene {
public:
    Scene(std::uint64_t seed, int rounds, const kern::Limits& limits, auto... extra)
        : hostile(seed),
          dice_(seed),
          w({.machine = {.user_pages = 3072, .kernel_pages = 600, .spoil = true},
             .limits = limits,
             .sigma0_frames = 40,
             .instruction_time = Micros{1}},
            extra...) {
        w.spawn({.task = 6,
                 .program = w.program([this](User u) { return victim(u); }),
                 .prio = 200,
                 .quota = victims_quota});
        entry_ = w.program([this](User u) { return hostile.run(u); });
        w.spawn(L4_TASK_ROOT, 1, [this, rounds](User u) { return director(u, rounds); });
    }
    Hostile hostile;
    std::vector<std::vector<std::uint32_t>> accounts; ///< root's, sigma0's and B's, when A is gone
    unsigned served = 0, failed = 0;
    bool ended = false;

private:
    Program director(User u, int rounds);
    Program victim(User u);
    std::mt19937_64 dice_;
    bool began_ = false; ///< the victim has its task numbers
    sim::Entry entry_;

public:
    World w;
};

template <class World>
Program Scene<World>::director(User u, int rounds) {
    for (std::uint16_t n = 60; n <= 61; ++n)
        co_await u(sim::TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = b.low});
    began_ = true;
    for (int i = 0; i < rounds; ++i) {
        const sim::TaskNewResult made =
            co_await u(sim::TaskNew{.task = a,
                                    .mcp_or_chief = l4_task_new_create(0, attackers_quota),
                                    .eip = entry_.eip,
                                    .pager = root});
        EXPECT_TRUE(made.ok()) << "round " << i;
        for (std::uint16_t n = Hostile::first_task; n <= Hostile::last_task; ++n)
            co_await u(sim::TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = a.low});
        co_await u.sleep(sim::receive_timeout(Micros{round_time + dice_() % 1000}));
        const sim::TaskNewResult gone = co_await u(deletion(a));
        EXPECT_TRUE(gone.ok()) << "round " << i;
        accounts.push_back({spent(w, root), spent(w, sigma0), spent(w, b)});
    }
    ended = true;
}

/// Its quota is just enough for this: a task, a thread more, a page in two spaces.
template <class World>
Program Scene<World>::victim(User u) {
    co_await u.store8(0x10000000, 1);
    const sim::Entry child = w.program([](User v) -> Program {
        co_await v.receive_fpage(b, L4_FP_WHOLE_SPACE);
        co_await v.load8(0x20000000);
        co_await v.send(b, 1, 2);
    });
    while (!began_) co_await u.sleep(sim::receive_timeout(Micros{50}));
    const std::uint32_t used = spent(w, b);
    while (!ended) {
        const sim::TaskNewResult made = co_await u(sim::TaskNew{.task = l4_threadid(60, 0),
                                                                .mcp_or_chief = l4_task_new_create(0, 13),
                                                                .eip = child.eip,
                                                                .pager = b});
        const sim::IpcResult sent = co_await u.send_fpage(
            l4_threadid(60, 0), 0x20000000, l4_fpage(0x10000000, 12, 0), sim::send_timeout(Micros{100000}));
        const sim::IpcResult back =
            co_await u.receive(l4_threadid(60, 0), sim::receive_timeout(Micros{100000}));
        const sim::TaskNewResult gone =
            co_await u(sim::TaskNew{.task = l4_threadid(60, 0), .mcp_or_chief = b.low});
        const bool ok =
            made.ok() && sent.ok() && back.ok() && back.w0 == 1 && gone.ok() && spent(w, b) == used;
        ++(ok ? served : failed);
        co_await u.sleep(sim::receive_timeout(Micros{50}));
    }
}

/// Of the same kinds of things in each: the pages that root gives a task and keeps for it are there after the
/// first rounds.
void expect_nothing_leaks(const std::vector<std::vector<std::uint32_t>>& accounts, std::size_t rounds) {
    ASSERT_EQ(accounts.size(), rounds);
    for (std::size_t i = 2; i < accounts.size(); ++i) EXPECT_EQ(accounts[i], accounts[1]) << "round " << i;
}

TEST(Quota, OfAVictimIsItsOwnWhateverAnotherTaskSpendsAndComesBack) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Scene<Watched> s(seed, 12, {}, 16);
        EXPECT_EQ(s.w.run(2000000), sim::End::idle);
        expect_nothing_leaks(s.accounts, 12);
        EXPECT_EQ(s.failed, 0u);
        EXPECT_GT(s.served, 50u);
        EXPECT_EQ(s.hostile.least_free, 0u) << "the attacker never had its quota spent";
        for (const unsigned n : s.hostile.refusals) EXPECT_GT(n, 0u) << "a kind of memory that never ran out";
    }
}

TEST(Quota, IsSpentAsTheSpecificationSays) {
    Scene<test::CheckedWorld> s(4, 4, kern::unlimited);
    EXPECT_EQ(s.w.run(2000000), sim::End::idle);
    expect_nothing_leaks(s.accounts, 4);
    EXPECT_EQ(s.failed, 0u);
}

} // namespace
} // namespace attack
