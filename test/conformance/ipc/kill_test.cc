// SPDX-License-Identifier: BSD-2-Clause
// Faults and exceptions that nobody handles; sigma0's faults, which the kernel handles
// (docs/semantics.md 9.10 to 9.13).
#include <gtest/gtest.h>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {
namespace {

constexpr Word missing = 0x10000000, super = 1u << L4_SUPERPAGE_SHIFT;

/// A fault of a thread whose pager does not exist.
Program die(User u) {
    co_await until(u, 100);
    co_await u.load8(missing);
}
constexpr l4_threadid_t nobody = l4_threadid(99, 0);

TEST(Kill, LeavesTheThreadDeadUntilExRegsStartsItAgain) {
    ABI_ROW(kill_leaves_thread_dead);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    sim::ScheduleResult dead;
    std::size_t arrived_before = 0;
    w.start(a, die, {.pager = nobody});
    w.start(l4_threadid(5, 1), [&](User u) -> Program {
        co_await until(u, 5000);
        dead = co_await u(sim::ThreadSchedule{.thread = a});
        arrived_before = landing.arrived.size();
        co_await u(sim::ExRegs{.target = 0, .eip = there.eip});
    });
    w.run();
    EXPECT_EQ(dead.state(), L4_STATE_DEAD);
    EXPECT_EQ(bits(dead.partner), 0u);
    EXPECT_EQ(arrived_before, 0u);
    EXPECT_EQ(landing.arrived.size(), 1u);
}

TEST(Kill, IsOfOneThreadOnly) {
    ABI_ROW(kill_only_one_thread);
    World w;
    Word value = 0;
    w.start(a, [](User u) -> Program {
        co_await until(u, 100);
        co_await u.raise(L4_TRAP_INVALID_OP);
    });
    w.start(l4_threadid(5, 1), [&](User u) -> Program {
        co_await u.store32(missing, 42);
        co_await until(u, 1000);
        value = co_await u.load32(missing);
    });
    w.run();
    EXPECT_EQ(w.state(a), For::dead);
    EXPECT_EQ(value, 42u);
    EXPECT_EQ(w.kernel().tasks().chief(kern::TaskNo{5}), kern::TaskNo{L4_TASK_ROOT});
    EXPECT_EQ(&w.thread(a).task(), &w.thread(l4_threadid(5, 1)).task());
}

TEST(Kill, EndsWhatTheThreadWaitedWith) {
    // A thread that is killed was running: nobody but its queue knows of it.
    World w;
    Script sender(send_to(a, 1, 2)), receiver(receive_from(a));
    w.play({{b, sender.body()}, {c, receiver.body()}, {a, die, {.pager = nobody}}});
    EXPECT_EQ(w.state(a), For::dead);
    EXPECT_EQ(w.state(b), For::send);
    EXPECT_EQ(w.state(c), For::receive);
    EXPECT_EQ(w.thread(a).senders.front(), &w.thread(b));
}

TEST(Exception, WithoutAHandlerKillsTheThread) {
    ABI_ROW(exception_without_handler_kills);
    for (const Word vector : {L4_TRAP_DIVIDE, L4_TRAP_BREAKPOINT, L4_TRAP_INVALID_OP, L4_TRAP_PROTECTION}) {
        World w;
        bool survived = false;
        w.start(a, [&](User u) -> Program {
            co_await u.raise(vector);
            survived = true;
        });
        w.run();
        EXPECT_EQ(w.state(a), For::dead);
        EXPECT_FALSE(survived);
    }
}

/// What sigma0 does first; then it is as usual. In a machine with that much memory.
sim::WorldConfig sigma0_does(sim::Body body) {
    return {.machine = {.user_pages = 2048}, .sigma0 = std::move(body)};
}

TEST(Sigma0, GetsASuperpageWhereNothingIs) {
    ABI_ROW(pf_sigma0_superpage);
    bool ran_on = false;
    World w(sigma0_does([&](User u) -> Program {
        co_await u.store8(super + 0x12345, 1);
        ran_on = true;
    }));
    w.run();
    EXPECT_TRUE(ran_on);
    for (const Word at : {super, 2 * super - 0x1000}) {
        const auto page = w.page(sigma0, at);
        ASSERT_TRUE(page);
        EXPECT_TRUE(page->super);
        EXPECT_TRUE(page->writable);
        EXPECT_FALSE(page->has_parent);
    }
    EXPECT_FALSE(w.page(sigma0, 2 * super));
}

void expect_small_page(World& w, Word at) {
    const auto page = w.page(sigma0, at);
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->super);
    EXPECT_TRUE(page->writable);
    EXPECT_EQ(page->frame, kern::PAddr{at});
    EXPECT_FALSE(w.page(sigma0, at + 0x1000));
}

TEST(Sigma0, GetsAPageWhereTheKernelHasMemoryNearby) {
    ABI_ROW(pf_sigma0_page);
    constexpr Word at = arch::Memory::kernel_base.raw() + 0x200000;
    World w(sigma0_does([](User u) -> Program { co_await u.load8(at); }));
    w.run();
    expect_small_page(w, at);
}

TEST(Sigma0, GetsAPageWhereItHasPagesAlready) {
    ABI_ROW(pf_sigma0_page);
    constexpr Word from = 0x11000000, given = super, at = super + 0x5000;
    const Ipc window{.partner = {}, .receive = User::rmap(L4_FP_WHOLE_SPACE) | L4_RCV_OPEN};
    World w(with_sigma0_thread([&](User u) -> Program {
        co_await u(window);
        co_await u.store8(at, 1);
    }));
    w.start(a, [](User u) -> Program {
        co_await u.store8(from, 1);
        co_await u.send_fpage(l4_threadid(L4_TASK_SIGMA0, 1), given, l4_fpage(from, L4_PAGE_SHIFT, 0));
    });
    w.run();
    ASSERT_TRUE(w.page(sigma0, given));
    EXPECT_EQ(w.page(sigma0, given)->parent, kern::TaskNo{5});
    expect_small_page(w, at);
}

TEST(Sigma0, IsKilledWhereItMustNotBe) {
    ABI_ROW(pf_sigma0_killed);
    for (const Word at : {arch::Memory::kernel_base.raw(), L4_KIP_ADDRESS, L4_USER_TOP, 0xfffff000u}) {
        World w(sigma0_does([at](User u) -> Program { co_await u.load8(at); }));
        w.run();
        EXPECT_EQ(w.state(sigma0), For::dead) << std::hex << at;
    }
}

TEST(Sigma0, GetsBackWhatItHasUnmapped) {
    ABI_ROW(pf_sigma0_after_flush);
    constexpr Word page = arch::Memory::kernel_base.raw() + 0x200000; // behind the kernel's memory: nothing
    constexpr Word part = super + 0x3000;
    struct Case {
        Word at, size_log2;
        bool flush; ///< else it is made read-only
    };
    for (const Case& x : {Case{page, L4_PAGE_SHIFT, true}, Case{page, L4_PAGE_SHIFT, false},
                          Case{part, L4_PAGE_SHIFT, true}, Case{part, L4_PAGE_SHIFT, false},
                          Case{super, L4_SUPERPAGE_SHIFT, true}, Case{super, L4_SUPERPAGE_SHIFT, false}}) {
        SCOPED_TRACE(testing::Message() << std::hex << x.at << (x.flush ? " flushed" : " read-only"));
        std::optional<kern::MapDb::Page> between;
        bool ran_on = false;
        World w(sigma0_does([&](User u) -> Program {
            co_await u.store8(x.at, 1);
            co_await u(sim::Unmap{.fpage = l4_fpage(x.at, x.size_log2, 0),
                                  .mask = (x.flush ? L4_FP_FLUSH : 0u) | L4_FP_ALL_SPACES});
            between = static_cast<World&>(u.world()).page(sigma0, x.at);
            co_await u.store8(x.at + 1, 2);
            ran_on = true;
        }));
        w.run();
        EXPECT_TRUE(ran_on);
        EXPECT_EQ(between.has_value(), !x.flush);
        EXPECT_FALSE(between && between->writable);
        const auto now = w.page(sigma0, x.at);
        ASSERT_TRUE(now);
        EXPECT_EQ(now->super, x.at != page);
        EXPECT_TRUE(now->writable);
        EXPECT_EQ(now->frame, kern::PAddr{x.at});
        if (x.at == page) continue;
        EXPECT_EQ(w.machine().page(now->frame)[0], std::byte{1});
        EXPECT_EQ(w.machine().page(now->frame)[1], std::byte{2});
        const auto next = w.page(sigma0, x.at + 0x1000);
        EXPECT_TRUE(next && next->writable);
    }
}

} // namespace
} // namespace conformance::ipc
