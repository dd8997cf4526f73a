// SPDX-License-Identifier: BSD-2-Clause
// Whole trees of tasks go, and leave nothing behind.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/ports.h"

namespace conformance::system {
namespace {

constexpr std::uint16_t top = 20;
constexpr l4_threadid_t t = l4_threadid(top, 0);
constexpr sim::TaskNew deletion{.task = t, .mcp_or_chief = root.low};
constexpr std::uint32_t at_root = 0x10000000, region = 1u << L4_SUPERPAGE_SHIFT;

/// Puts something of each kind into a task: threads in all sorts of waits, pages and ports from `from`.
sim::Routine<int> furnish(Stage& s, User u, l4_threadid_t who, l4_threadid_t from) {
    const std::uint32_t task = l4_id_task(who);
    const std::vector<sim::Ipc> waits{{.receive = L4_RCV_OPEN},
                                      {.partner = from, .receive = 0},
                                      {.receive = 0, .timeout = sim::receive_timeout(Micros{1000000})},
                                      {.partner = who, .send = 0}};
    std::uint32_t lthread = 0;
    for (const sim::Ipc& wait : waits) {
        ++lthread;
        co_await s.call(u, who, sim::ExRegs{.target = lthread, .eip = s.actor().eip, .pager = root});
        co_await settle(u);
        co_await s.begin(u, l4_threadid(task, lthread), wait);
    }
    co_await settle(u);
    const std::uint32_t at = at_root + region * (task - top + 1), at_from = at - region;
    co_await give(s, u, from, 0, l4_fpage(at_from, L4_PAGE_SHIFT, L4_FP_WRITE), who,
                  l4_fpage(at, L4_PAGE_SHIFT, 0));
    co_await give(s, u, from, 0, l4_io_fpage(0x60, 4, 0), who, L4_FP_IO_WHOLE);
    co_return 0;
}

/// Root deletes the tree; everything is as before then.
void expect_all_gone(Stage& s, std::uint32_t used_before, std::uint16_t tasks) {
    sim::World& w = s.world();
    sim::TaskNewResult gone;
    s.play([&](User u) -> Program { gone = co_await u(deletion); });
    EXPECT_TRUE(gone.ok());
    for (std::uint16_t n = top; n < top + tasks; ++n) {
        ASSERT_EQ(w.kernel().tasks().task(kern::TaskNo{n}), nullptr) << n;
        ASSERT_EQ(w.kernel().tasks().chief(kern::TaskNo{n}), kern::TaskNo{L4_TASK_ROOT}) << n;
    }
    EXPECT_EQ(account(w, root).used(), used_before);
    EXPECT_EQ(right(w, a, at_root), Right::write);
    EXPECT_EQ(Ports::of(w, a), (Ports{{0x60, 0x6f}}));
    EXPECT_EQ(w.kernel().armed_timer(), kern::never);
}

/// Task a has a page and ports for the tree, whose top has an account of its own.
sim::Routine<std::uint32_t> make_top(Stage& s, Clan& clan, User u) {
    co_await s.store(u, a, at_root, 1);
    co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
    const std::uint32_t used = account(s.world(), root).used();
    co_await u(clan.creation(top, 1500));
    co_await settle(u);
    co_await furnish(s, u, t, a);
    co_return used;
}

TEST(TaskTree, AsDeepAsCanBeGoesWithItsTop) {
    constexpr std::uint16_t depth = 16;
    Stage s({.machine = {.kernel_pages = 2048}});
    Clan clan(s);
    s.spawn(5);
    std::uint32_t used = 0;
    s.play([&](User u) -> Program {
        used = co_await make_top(s, clan, u);
        for (std::uint16_t n = top + 1; n < top + depth; ++n) {
            const auto above = static_cast<std::uint16_t>(n - 1);
            const sim::TaskNewResult made =
                co_await clan.make_below(u, above, n, n % 5 == 0 ? 400 - 20 * (n - top) : 0);
            EXPECT_TRUE(made.ok());
            co_await settle(u);
            co_await furnish(s, u, l4_threadid(n, 0), l4_threadid(above, 0));
        }
    });
    EXPECT_TRUE(s.world().find(l4_threadid(top + depth - 1, 0)) != nullptr);
    EXPECT_EQ(Ports::of(s.world(), l4_threadid(top + depth - 1, 0)), (Ports{{0x60, 0x6f}}));
    expect_all_gone(s, used, depth);
}

TEST(TaskTree, AsWideAsItLikesGoesWithItsTop) {
    constexpr std::uint16_t width = 60;
    Stage s({.machine = {.kernel_pages = 2048}}, Stage::Checked::no);
    Clan clan(s);
    s.spawn(5);
    std::uint32_t used = 0;
    s.play([&](User u) -> Program {
        used = co_await make_top(s, clan, u);
        for (std::uint16_t n = top + 1; n < top + width; ++n) {
            const sim::TaskNewResult made = co_await clan.make_below(u, top, n, n % 7 == 0 ? 16 : 0);
            EXPECT_TRUE(made.ok());
            co_await settle(u);
            co_await furnish(s, u, l4_threadid(n, 0), t);
        }
    });
    EXPECT_EQ(s.world().find(l4_threadid(top + 1, 4))->wait().what, kern::Wait::For::send);
    expect_all_gone(s, used, width);
}

TEST(TaskTree, LosesABranchAndKeepsTheRest) {
    Stage s({.machine = {.kernel_pages = 2048}});
    Clan clan(s);
    s.spawn(5);
    std::uint32_t used = 0;
    sim::TaskNewResult branch, again;
    s.play([&](User u) -> Program {
        used = co_await make_top(s, clan, u);
        for (const std::uint16_t n : std::vector<std::uint16_t>{21, 22}) {
            co_await clan.make_below(u, top, n);
            co_await settle(u);
            co_await furnish(s, u, l4_threadid(n, 0), t);
        }
        co_await clan.make_below(u, 21, 23);
        co_await settle(u);
        branch = co_await s.call(u, t, sim::TaskNew{.task = l4_threadid(21, 0), .mcp_or_chief = t.low});
        again = co_await s.call(u, t, clan.creation(23));
    });
    EXPECT_EQ(bits(branch.id), bits(reported(21, 0, top)));
    EXPECT_EQ(bits(again.id), bits(reported(23, 0, top, 1)));
    EXPECT_EQ(s.world().find(l4_threadid(21, 0)), nullptr);
    EXPECT_EQ(Ports::of(s.world(), l4_threadid(22, 0)), (Ports{{0x60, 0x6f}}));
    expect_all_gone(s, used, 4);
}

} // namespace
} // namespace conformance::system
