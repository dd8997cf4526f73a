// SPDX-License-Identifier: BSD-2-Clause
// Pages are granted: they move.
#include <gtest/gtest.h>

#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b, at_c = Quartet::at_c,
                        at_d = Quartet::at_d;
constexpr std::uint32_t grant = L4_FP_GRANT | L4_FP_WRITE;

std::uint32_t only_page(std::uint32_t at) { return l4_fpage(at, L4_PAGE_SHIFT, 0); }

TEST(Grant, MovesThePage) {
    ABI_ROW(grant_moves);
    Stage s;
    s.spawn({.task = 5, .pager = c});
    s.spawn(6);
    s.spawn(7);
    Given supplied, given;
    std::uint32_t value = 0;
    sim::IpcResult fault;
    s.play([&](User u) -> Program {
        co_await s.store(u, c, at_c, 11);
        supplied = co_await give(s, u, c, 0, only_page(at_c) | L4_FP_WRITE, a, only_page(at_a));
        co_await s.load(u, a, at_a); // now it is in a TLB
        given = co_await give(s, u, a, 0, only_page(at_a) | grant, b, only_page(at_b));
        value = co_await s.load(u, b, at_b);
        const Stage::Ticket pager = co_await s.begin(u, c, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.begin_load(u, a, at_a);
        co_await settle(u);
        fault = s.result<sim::Ipc>(pager);
    });
    expect(supplied, dope_mapped);
    expect(given, dope_mapped);
    EXPECT_EQ(value, 11u);
    EXPECT_EQ(right(s.world(), b, at_b), Right::write);
    EXPECT_EQ(fault.w0, at_a);
    EXPECT_EQ(bits(fault.from), bits(reported(5, 0, 4)));
}

TEST(Grant, TakesTheChildrenAlong) {
    ABI_ROW(grant_keeps_children);
    Quartet s;
    bool child_of_b = false;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, c, at_c);
        co_await s.give_page(u, a, at_a, b, at_b, grant);
        child_of_b = s.is_child(c, at_c, b, at_b) && s.right(c, at_c) == Right::write;
        co_await s.unmap(u, b, only_page(at_b), L4_FP_FLUSH);
    });
    EXPECT_TRUE(child_of_b);
    EXPECT_EQ(s.right(c, at_c), Right::none);
    EXPECT_EQ(s.right(b, at_b), Right::write);
    EXPECT_EQ(s.right(a, at_a), Right::none);
}

TEST(Grant, KeepsTheParent) {
    ABI_ROW(grant_keeps_parent);
    Quartet s;
    bool child_of_d = false;
    s.play([&](User u) -> Program {
        co_await s.store(u, d, at_d, 11);
        co_await s.give_page(u, d, at_d, a, at_a);
        co_await s.give_page(u, a, at_a, b, at_b, grant);
        child_of_d = s.is_child(b, at_b, d, at_d);
        co_await s.unmap(u, d, only_page(at_d), L4_FP_FLUSH);
    });
    EXPECT_TRUE(child_of_d);
    EXPECT_EQ(s.right(b, at_b), Right::none);
    EXPECT_EQ(s.right(d, at_d), Right::write);
}

TEST(Grant, WithoutTheWriteBitNarrows) {
    ABI_ROW(grant_narrows);
    Quartet s;
    Given given, passed_on;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        given = co_await s.give_page(u, a, at_a, b, at_b, L4_FP_GRANT);
        passed_on = co_await s.give_page(u, b, at_b, c, at_c);
    });
    expect(given, dope_mapped);
    expect(passed_on, dope_mapped);
    EXPECT_EQ(s.right(b, at_b), Right::read);
    EXPECT_EQ(s.right(c, at_c), Right::read);
    EXPECT_EQ(s.right(a, at_a), Right::none);
}

TEST(Grant, ThatNarrowsLeavesTheChildrensRights) {
    Quartet s;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, c, at_c);
        co_await s.give_page(u, a, at_a, b, at_b, L4_FP_GRANT);
        co_await s.store(u, c, at_c, 12);
    });
    EXPECT_EQ(s.right(b, at_b), Right::read);
    EXPECT_EQ(s.right(c, at_c), Right::write);
}

TEST(Grant, ToATargetThatIsNotEmptyIsSkipped) {
    ABI_ROW(grant_to_full_target);
    for (const bool same_frame : {false, true}) {
        Quartet s;
        Given given;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 11);
            if (same_frame)
                co_await s.give_page(u, a, at_a, b, at_b);
            else
                co_await s.store(u, b, at_b, 22);
            given = co_await s.give_page(u, a, at_a, b, at_b, grant);
        });
        expect(given, dope_nothing);
        EXPECT_EQ(s.right(a, at_a), Right::write);
        EXPECT_EQ(s.right(b, at_b), Right::write);
        EXPECT_EQ(s.share(a, at_a, b, at_b), same_frame);
    }
}

TEST(Grant, MovesWithinATaskToo) {
    ABI_ROW(grant_within_task);
    Quartet s;
    constexpr std::uint32_t elsewhere = at_a + 0x123000;
    s.spawn(5, 1);
    Given given;
    std::uint32_t value = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        given = co_await s.give_page(u, a, at_a, l4_threadid(5, 1), elsewhere, grant);
        value = co_await s.load(u, a, elsewhere);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(value, 11u);
    EXPECT_EQ(s.right(a, at_a), Right::none);
    EXPECT_EQ(s.right(a, elsewhere), Right::write);
}

TEST(Grant, MovesTheStatusBits) {
    Quartet s;
    sim::UnmapResult status;
    s.play([&](User u) -> Program {
        co_await s.store(u, d, at_d, 11);
        co_await s.give_page(u, d, at_d, a, at_a);
        co_await s.store(u, a, at_a, 12);
        co_await s.give_page(u, a, at_a, b, at_b, grant);
        status = co_await s.unmap(u, d, only_page(at_d), 0);
    });
    EXPECT_EQ(status.status, L4_FP_REFERENCED | L4_FP_DIRTY);
}

TEST(Grant, IsPaidByTheReceiverBeforeTheGiverIsPaidBack) {
    Stage s;
    s.spawn({.task = 5, .quota = 20});
    s.spawn({.task = 6, .quota = L4_KMEM_TASK + 1 + L4_KMEM_TABLE}); // no frame for a mapping node
    Given given;
    std::uint32_t left = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        given = co_await give(s, u, a, 0, only_page(at_a) | grant, b, only_page(at_b));
        left = co_await free_frames(s, u, b);
    });
    EXPECT_EQ(given.sent.dope, L4_IPC_SEMAPFAILED);
    EXPECT_EQ(right(s.world(), a, at_a), Right::write);
    EXPECT_EQ(right(s.world(), b, at_b), Right::none);
    EXPECT_EQ(left, L4_KMEM_TABLE);
}

} // namespace
} // namespace conformance::system
