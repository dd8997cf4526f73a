// SPDX-License-Identifier: BSD-2-Clause
// fpage_unmap with a task's number, and the status that it tells.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b, at_c = Quartet::at_c,
                        at_d = Quartet::at_d;
constexpr Right none = Right::none, readable = Right::read, writable = Right::write;
constexpr std::uint32_t page_of_a = l4_fpage(at_a, page, 0);
constexpr std::uint32_t in_a = l4_unmap_in_task(5), in_b = l4_unmap_in_task(6), in_c = l4_unmap_in_task(7);

/// a maps its page to b and to c.
sim::Routine<int> map_to_both(Quartet& s, User u) {
    co_await s.store(u, a, at_a, 1);
    co_await s.give_page(u, a, at_a, b, at_b);
    co_await s.give_page(u, a, at_a, c, at_c);
    co_return 0;
}

/// Rights of a, b and c after a's unmap.
std::vector<Right> rights_after(std::uint32_t mask) {
    Quartet s;
    s.play([&](User u) -> Program {
        co_await map_to_both(s, u);
        co_await s.unmap(u, a, page_of_a, mask);
    });
    return {s.right(a, at_a), s.right(b, at_b), s.right(c, at_c)};
}

using Rights = std::vector<Right>;

TEST(Unmap, WithATaskTakesThePageFromThatTaskOnly) {
    ABI_ROW(unmap_task_only);
    EXPECT_EQ(rights_after(L4_FP_FLUSH | in_b), (Rights{writable, none, writable}));
    EXPECT_EQ(rights_after(L4_FP_FLUSH | l4_unmap_in_task(99)), (Rights{writable, writable, writable}));
}

TEST(Unmap, WithATaskTakesThePagesBelowToo) {
    ABI_ROW(unmap_task_and_below);
    Quartet s;
    Rights first, second;
    const auto rights = [&s]() -> Rights { return {s.right(b, at_b), s.right(c, at_c), s.right(d, at_d)}; };
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, b, at_b, c, at_c);
        co_await s.give_page(u, c, at_c, d, at_d);
        co_await s.unmap(u, a, page_of_a, L4_FP_FLUSH | in_c);
        first = rights();
        co_await s.unmap(u, a, page_of_a, L4_FP_FLUSH | in_b);
        second = rights();
    });
    EXPECT_EQ(first, (Rights{writable, none, none}));
    EXPECT_EQ(second, (Rights{none, none, none}));
}

TEST(Unmap, WithAnotherTaskLeavesTheCallersPageWhateverBit31Says) {
    ABI_ROW(unmap_task_other_with_bit_31);
    EXPECT_EQ(rights_after(L4_FP_FLUSH | L4_FP_ALL_SPACES | in_b), (Rights{writable, none, writable}));
}

TEST(Unmap, WithTheOwnTaskAndBit31TakesEverything) {
    ABI_ROW(unmap_task_own_with_bit_31);
    EXPECT_EQ(rights_after(L4_FP_FLUSH | L4_FP_ALL_SPACES | in_a), (Rights{none, none, none}));
    EXPECT_EQ(rights_after(L4_FP_ALL_SPACES | in_a), (Rights{readable, readable, readable}));
}

TEST(Unmap, WithTheOwnTaskTakesCopiesInIt) {
    ABI_ROW(unmap_task_own_without_bit_31);
    Quartet s;
    s.spawn(5, 1);
    constexpr std::uint32_t copy = at_a + 0x77000;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, a, at_a, l4_threadid(5, 1), copy);
        co_await s.give_page(u, a, copy, d, at_d);
        EXPECT_EQ(s.right(a, copy), writable);
        co_await s.unmap(u, a, page_of_a, L4_FP_FLUSH | in_a);
    });
    EXPECT_EQ(s.right(a, copy), none);
    EXPECT_EQ(s.right(d, at_d), none); // below the copy
    EXPECT_EQ(s.right(a, at_a), writable);
    EXPECT_EQ(s.right(b, at_b), writable);
}

TEST(Unmap, WithATaskMakesThatTaskReadOnly) {
    ABI_ROW(unmap_task_read_only);
    EXPECT_EQ(rights_after(in_b), (Rights{writable, readable, writable}));
}

enum class Use : std::uint8_t { nothing, reading, writing };

sim::Routine<int> use(Stage& s, User u, l4_threadid_t who, std::uint32_t at, Use how) {
    if (how == Use::reading) co_await s.load(u, who, at);
    if (how == Use::writing) co_await s.store(u, who, at, 1);
    co_return 0;
}

TEST(Unmap, TellsHowOthersHaveUsedThePage) {
    ABI_ROW(unmap_status);
    struct Case {
        Use use;
        std::uint32_t status;
    };
    for (const Case& x : {Case{Use::nothing, 0},
                          {Use::reading, L4_FP_REFERENCED},
                          {Use::writing, L4_FP_REFERENCED | L4_FP_DIRTY}})
        for (const std::uint32_t mask : {0u, L4_FP_FLUSH}) {
            Quartet s;
            sim::UnmapResult result{.status = ~0u};
            s.play([&](User u) -> Program {
                co_await map_to_both(s, u);
                co_await use(s, u, b, at_b, x.use);
                result = co_await s.unmap(u, a, page_of_a, mask);
            });
            EXPECT_EQ(result.status, x.status);
        }
}

TEST(Unmap, TellsTheOrOverAllPages) {
    ABI_ROW(unmap_status_is_or);
    Quartet s;
    sim::UnmapResult result;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.store(u, a, at_a + page_size, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, a, at_a + page_size, c, at_c);
        co_await s.load(u, b, at_b);
        co_await s.store(u, c, at_c, 1);
        result = co_await s.unmap(u, a, l4_fpage(at_a, page + 1, 0), 0);
    });
    EXPECT_EQ(result.status, L4_FP_REFERENCED | L4_FP_DIRTY);
}

TEST(Unmap, TellsOfTouchedPagesOnly) {
    ABI_ROW(unmap_status_only_of_touched);
    Quartet s;
    sim::UnmapResult others{.status = ~0u}, all;
    s.play([&](User u) -> Program {
        co_await map_to_both(s, u); // a has written its page
        others = co_await s.unmap(u, a, page_of_a, 0);
        all = co_await s.unmap(u, a, page_of_a, L4_FP_ALL_SPACES);
    });
    EXPECT_EQ(others.status, 0u);
    EXPECT_EQ(all.status, L4_FP_REFERENCED | L4_FP_DIRTY);
}

TEST(Unmap, ResetsTheStatusWhenAsked) {
    ABI_ROW(unmap_status_reset);
    Quartet s;
    std::vector<std::uint32_t> status;
    s.play([&](User u) -> Program {
        co_await map_to_both(s, u);
        co_await s.store(u, b, at_b, 1);
        for (const std::uint32_t mask : std::vector<std::uint32_t>{0, 0, L4_UNMAP_RESET, L4_UNMAP_RESET}) {
            const sim::UnmapResult r = co_await s.unmap(u, a, page_of_a, mask);
            status.push_back(r.status);
        }
        co_await s.load(u, b, at_b); // although the translation was in use before
        const sim::UnmapResult r = co_await s.unmap(u, a, page_of_a, 0);
        status.push_back(r.status);
    });
    const std::uint32_t both = L4_FP_REFERENCED | L4_FP_DIRTY;
    EXPECT_EQ(status, (std::vector<std::uint32_t>{both, both, both, 0, L4_FP_REFERENCED}));
}

} // namespace
} // namespace conformance::system
