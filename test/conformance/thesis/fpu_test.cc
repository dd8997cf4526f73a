// SPDX-License-Identifier: BSD-2-Clause
// Floating-point registers: each thread's own, and fetched, set and reset by whoever may
// (docs/semantics.md 14.2).
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

using arch::FpuState;
using sim::ExRegs;

constexpr Word a0 = l4_ex_regs_target(5, 0), fpu_get = L4_EX_REGS_FPU_GET, fpu_set = L4_EX_REGS_FPU_SET,
               fpu_reset = L4_EX_REGS_FPU_RESET;

FpuState filled(unsigned seed) {
    FpuState f;
    for (std::size_t i = 0; i < f.bytes.size(); ++i) f.bytes[i] = static_cast<std::byte>(seed + i * 5);
    return f;
}

/// A has its registers filled and is stopped by E, which then does that to it; then A goes on and looks.
struct Stopped {
    World w;
    FpuState of_a = filled(1), of_e = filled(2), seen_by_a, seen_by_e;

    explicit Stopped(std::vector<Word> flags) {
        w.start(e, [this, flags](User u) -> Program {
            co_await until(u, 1000);
            co_await u.set_fpu(of_e);
            co_await u(ExRegs{.target = a0 | L4_EX_REGS_STOP});
            for (const Word f : flags) co_await u(ExRegs{.target = a0 | f});
            co_await u.get_fpu(seen_by_e);
            co_await until(u, 20000);
            co_await u(ExRegs{.target = a0, .eip = w.thread(a).frame.eip});
            co_await until(u, 90000);
            FpuState again;
            co_await u.get_fpu(again);
            EXPECT_TRUE(again == seen_by_e);
        });
        w.start(a,
                [this](User u) -> Program {
                    co_await u.set_fpu(of_a);
                    co_await u.compute(20000); // E comes at the end of the slice
                    co_await u.get_fpu(seen_by_a);
                },
                {.pager = e});
        w.run();
    }
};

TEST(Fpu, OfAStoppedThreadIsFetched) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({fpu_get});
    EXPECT_TRUE(s.seen_by_e == s.of_a);
    EXPECT_TRUE(s.seen_by_a == s.of_a);
}

TEST(Fpu, OfAStoppedThreadIsSet) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({fpu_set});
    EXPECT_TRUE(s.seen_by_e == s.of_e);
    EXPECT_TRUE(s.seen_by_a == s.of_e);
}

TEST(Fpu, OfAStoppedThreadIsReset) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({fpu_reset});
    EXPECT_TRUE(s.seen_by_e == s.of_e);
    EXPECT_TRUE(s.seen_by_a == FpuState{});
}

TEST(Fpu, IsExchangedByGetAndSetTogether) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({fpu_get | fpu_set});
    EXPECT_TRUE(s.seen_by_e == s.of_a);
    EXPECT_TRUE(s.seen_by_a == s.of_e);
}

TEST(Fpu, IsFetchedBeforeItIsReset) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({fpu_get | fpu_reset}), t({fpu_get | fpu_set | fpu_reset});
    EXPECT_TRUE(s.seen_by_e == s.of_a);
    EXPECT_TRUE(s.seen_by_a == FpuState{});
    EXPECT_TRUE(t.seen_by_e == t.of_a);
    EXPECT_TRUE(t.seen_by_a == FpuState{});
}

TEST(Fpu, IsNotTouchedWithoutAFlag) {
    ABI_ROW(fpu_state_of_stopped_thread);
    Stopped s({0, L4_EX_REGS_STATE_GET, L4_EX_REGS_TLS});
    EXPECT_TRUE(s.seen_by_e == s.of_e);
    EXPECT_TRUE(s.seen_by_a == s.of_a);
}

TEST(Fpu, OfAThreadThatIsCreatedCanBeSet) {
    ABI_ROW(fpu_state_of_stopped_thread);
    World w;
    FpuState set = filled(3), kept, seen, fresh = filled(9);
    const sim::Entry with = w.program([&](User u) -> Program { co_await u.get_fpu(seen); });
    const sim::Entry without = w.program([&](User u) -> Program { co_await u.get_fpu(fresh); });
    w.play({{a, [&](User u) -> Program {
                 co_await u.set_fpu(set);
                 co_await u(
                     ExRegs{.target = 1 | fpu_set | fpu_get, .esp = 0, .eip = with.eip, .pager = root});
                 co_await u(ExRegs{.target = 2 | fpu_get, .esp = 0, .eip = without.eip, .pager = root});
                 co_await u.get_fpu(kept);
             }}});
    EXPECT_TRUE(seen == set);
    EXPECT_TRUE(kept == set); // there is nothing to get from a new thread
    EXPECT_TRUE(fresh == FpuState{});
}

TEST(Fpu, OfTheCallerItselfIsOnlyReset) {
    ABI_ROW(fpu_state_of_stopped_thread);
    World w;
    FpuState mine = filled(4), after_both, after_reset = filled(5);
    w.play({{a, [&](User u) -> Program {
                 co_await u.set_fpu(mine);
                 co_await u(ExRegs{.target = fpu_get | fpu_set});
                 co_await u.get_fpu(after_both);
                 co_await u(ExRegs{.target = fpu_reset});
                 co_await u.get_fpu(after_reset);
             }}});
    EXPECT_TRUE(after_both == mine);
    EXPECT_TRUE(after_reset == FpuState{});
}

TEST(Fpu, IsPrivate) {
    ABI_ROW(fpu_state_is_private);
    World w;
    constexpr int rounds = 40;
    int done = 0;
    std::vector<FpuState> fresh;
    const auto task = [&](unsigned seed, l4_threadid_t partner) -> sim::Body {
        return [&, seed, partner](User u) -> Program {
            FpuState first = filled(7), mine = filled(seed), now;
            co_await u.get_fpu(first);
            fresh.push_back(first);
            co_await u.set_fpu(mine);
            for (int i = 0; i < rounds; ++i) {
                co_await u.compute(700); // through ends of slices
                co_await u.call(partner, 1, 2, send_timeout(Micros{50}) | receive_timeout(Micros{50}));
                co_await u.get_fpu(now);
                EXPECT_TRUE(now == mine) << seed << ' ' << i;
                ++done;
            }
        };
    };
    w.start(b, sim::echo);
    w.play({{a, task(10, b)}, {c, task(20, b)}, {d, task(30, a)}, {l4_threadid(5, 1), task(40, d)}});
    w.play({{e, task(50, b)}});
    EXPECT_EQ(done, 5 * rounds);
    ASSERT_EQ(fresh.size(), 5u);
    for (const FpuState& f : fresh) EXPECT_TRUE(f == FpuState{});
}

TEST(Fpu, OfANumberThatIsUsedAgainIsANewThreads) {
    ABI_ROW(fpu_state_is_private);
    World w;
    FpuState mine = filled(6), seen = filled(8);
    w.play({{a, [&](User u) -> Program { co_await u.set_fpu(mine); }}});
    w.as_root(deletion(a));
    w.play({{a, [&](User u) -> Program { co_await u.get_fpu(seen); }}});
    EXPECT_TRUE(seen == FpuState{});
}

} // namespace
} // namespace conformance::thesis
