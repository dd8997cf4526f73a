// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs: threads are created, and the registers of ready and dead ones told and set.
#include <gtest/gtest.h>

#include <string>

#include "test/conformance/system/support/landing.h"
#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/raw.h"
#include "test/conformance/system/support/stage.h"

namespace conformance::system {
namespace {

using sim::ExRegs;
using sim::ExRegsResult;
using sim::Ipc;
using sim::ScheduleResult;
using sim::ThreadSchedule;
using RawExRegs = Raw<L4_VEC_LTHREAD_EX_REGS>;

constexpr l4_threadid_t a1 = l4_threadid(5, 1);
constexpr std::uint32_t eflags = 0x202;

TEST(ExRegs, CreatesAThread) {
    ABI_ROW(ex_regs_create);
    for (const std::uint8_t lthread : {1, 127}) {
        Stage s;
        Landing landing(s.world());
        s.spawn({.task = 5, .prio = 12});
        const sim::Regs in{.eax = lthread,
                           .ebx = b.low,
                           .ecx = 0x1000,
                           .edx = landing.entry().eip,
                           .esi = root.low,
                           .edi = 0x55,
                           .ebp = 0x66};
        sim::Regs out;
        s.play([&](User u) -> Program { out = co_await s.call(u, a, RawExRegs{in}); });
        EXPECT_EQ(out, with_eax(in, 0));
        ASSERT_TRUE(landing.reached());
        EXPECT_EQ(landing.regs(), sim::Regs{});
        EXPECT_EQ(landing.frame().esp, 0x1000u);
        EXPECT_EQ(landing.frame().eflags, eflags);
        const kern::Thread* const thread = s.world().find(l4_threadid(5, lthread));
        ASSERT_NE(thread, nullptr);
        EXPECT_EQ(thread->prio(), kern::Prio{12});
        EXPECT_EQ(bits(thread->pager()), bits({root.low, 0x55}));
        EXPECT_EQ(bits(thread->internal_preempter()), bits({b.low, 0x66}));
    }
}

TEST(ExRegs, WithoutAnEipCreatesADeadThread) {
    ABI_ROW(ex_regs_create_dead);
    Stage s;
    s.spawn(5);
    ExRegsResult made{.eflags = ~0u};
    ScheduleResult state;
    sim::IpcResult sent;
    s.play([&](User u) -> Program {
        made = co_await s.call(u, a, ExRegs{.target = 1, .esp = 0x1000, .pager = root});
        state = co_await u(ThreadSchedule{.thread = a1});
        sent = co_await u.send(a1, 0, 0);
    });
    EXPECT_EQ(made.eflags, 0u);
    EXPECT_EQ(state.state(), L4_STATE_DEAD);
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
}

TEST(ExRegs, HasNothingToKeepForANewThread) {
    ABI_ROW(ex_regs_create_keeps_nothing);
    Stage s;
    s.spawn(5);
    ExRegsResult query{.esp = 1};
    s.play([&](User u) -> Program {
        co_await s.call(u, a, ExRegs{.target = 1, .eip = s.actor().eip});
        query = co_await s.call(u, a, ExRegs{.target = 1});
    });
    EXPECT_EQ(query.eflags, eflags);
    EXPECT_EQ(query.esp, 0u);
    EXPECT_EQ(bits(query.pager), 0u);
    EXPECT_EQ(bits(query.preempter), 0u);
}

TEST(ExRegs, ANewThreadHasTheCallersPriorityAndMcpButADefaultSlice) {
    ABI_ROW(ex_regs_create_inherits);
    Stage s;
    s.spawn({.task = 5, .mcp = 20});
    ScheduleResult fresh, to_20, to_21;
    s.play([&](User u) -> Program {
        co_await s.call(u, a, ThreadSchedule{.thread = a, .param = l4_sched_param(16, 0, 0)});
        co_await s.call(u, a, ExRegs{.target = 1, .eip = s.actor().eip, .pager = root});
        fresh = co_await s.call(u, a, ThreadSchedule{.thread = a1});
        to_20 = co_await s.call(u, a1, ThreadSchedule{.thread = a1, .param = l4_sched_param(20, 0, 0)});
        to_21 = co_await s.call(u, a1, ThreadSchedule{.thread = a1, .param = l4_sched_param(21, 0, 0)});
    });
    EXPECT_EQ(fresh.param, l4_sched_param(16, 156, 12));
    EXPECT_TRUE(to_20.ok());
    EXPECT_FALSE(to_21.ok());
    EXPECT_EQ(s.world().find(a1)->prio(), kern::Prio{20});
}

TEST(ExRegs, WithoutMemoryCreatesNothing) {
    ABI_ROW(ex_regs_create_no_memory);
    Stage s;
    s.spawn({.task = 5, .quota = L4_KMEM_TASK + 1});
    const sim::Regs in{.eax = 3, .ebx = 1, .ecx = 2, .edx = s.actor().eip, .esi = 4, .edi = 5, .ebp = 6};
    ExRegsResult first{.eflags = 1}, second{.eflags = 1};
    sim::Regs third;
    s.play([&](User u) -> Program {
        first = co_await s.call(u, a, ExRegs{.target = 1});
        second = co_await s.call(u, a, ExRegs{.target = 2});
        third = co_await s.call(u, a, RawExRegs{in});
    });
    EXPECT_EQ(first.eflags, 0u);
    EXPECT_EQ(second.eflags, 0u);
    EXPECT_EQ(third, with_eax(in, L4_EX_REGS_ERROR));
    EXPECT_EQ(s.world().find(l4_threadid(5, 3)), nullptr);
}

TEST(ExRegs, TellsEverythingOfAThreadThatGoesOnWaiting) {
    ABI_ROW(ex_regs_query);
    Stage s;
    s.spawn(5);
    const ExRegs creation{
        .target = 1, .esp = 0x1234, .eip = s.actor().eip, .pager = {root.low, 7}, .preempter = {b.low, 8}};
    ExRegsResult query;
    sim::IpcResult got;
    std::uint32_t eip = 0;
    s.play([&](User u) -> Program {
        co_await s.call(u, a, creation);
        const Stage::Ticket wait = co_await s.begin(u, a1, Ipc{.receive = L4_RCV_OPEN});
        query = co_await s.call(u, a, ExRegs{.target = 1});
        eip = s.world().find(a1)->frame.eip;
        co_await u.send(a1, 0x11, 0x22);
        co_await settle(u);
        got = s.result<Ipc>(wait);
    });
    EXPECT_EQ(query.eflags, eflags);
    EXPECT_EQ(query.esp, 0x1234u);
    EXPECT_EQ(query.eip, eip);
    EXPECT_EQ(bits(query.pager), bits({root.low, 7}));
    EXPECT_EQ(bits(query.preempter), bits({b.low, 8}));
    EXPECT_EQ(got.w0, 0x11u);
    EXPECT_EQ(got.w1, 0x22u);
}

TEST(ExRegs, SetsAllFiveValuesOfAReadyThread) {
    ABI_ROW(ex_regs_set_all);
    Stage s;
    Landing landing(s.world());
    s.spawn(6);
    // Stands in a ready queue with these registers, behind a.
    const sim::Regs before{.ebx = 1, .ecx = 2, .edx = 3, .edi = 5, .ebp = 6};
    const sim::Entry yielding = s.world().program([&](User u) -> Program {
        for (;;) co_await u.syscall(L4_VEC_THREAD_SWITCH, before);
    });
    const ExRegs change{.target = 1,
                        .esp = 0x2000,
                        .eip = landing.entry().eip,
                        .pager = {b.low | L4_ID_VERSION_LOW_MASK, 0x7777},
                        .preempter = {a.low, 0x8888}};
    ExRegsResult old, query;
    std::uint32_t eip = 0;
    s.world().spawn({.task = 5, .program = s.world().program([&](User u) -> Program {
                         co_await u(ExRegs{.target = 1, .esp = 0x1000, .eip = yielding.eip, .pager = root});
                         co_await u(sim::ThreadSwitch{});
                         eip = s.world().find(a1)->frame.eip;
                         old = co_await u(change);
                         query = co_await u(ExRegs{.target = 1});
                     })});
    s.world().run(10000);
    EXPECT_EQ(old.eflags, eflags);
    EXPECT_EQ(old.esp, 0x1000u);
    EXPECT_EQ(old.eip, eip);
    EXPECT_EQ(bits(old.pager), bits(root));
    EXPECT_EQ(bits(old.preempter), 0u);
    EXPECT_EQ(query.esp, 0x2000u);
    EXPECT_EQ(query.eip, landing.entry().eip);
    EXPECT_EQ(bits(query.pager), bits(change.pager));
    EXPECT_EQ(bits(query.preempter), bits(change.preempter));
    ASSERT_TRUE(landing.reached());
    EXPECT_EQ(landing.frame().esp, 0x2000u);
    EXPECT_EQ(landing.regs(), (sim::Regs{.ebx = 1, .ecx = L4_SLICE_DEFAULT_US, .edi = 5, .ebp = 6}));
}

TEST(ExRegs, SetsAnySingleValue) {
    ABI_ROW(ex_regs_set_one);
    struct Case {
        ExRegs change;
        bool moves = false;
    };
    Stage s;
    Landing landing(s.world());
    s.spawn(5);
    s.spawn(6);
    const ExRegs creation{.target = 1, .esp = 0x1000, .eip = s.actor().eip, .pager = root, .preempter = root};
    for (const Case& x : {Case{{.target = 1, .eip = landing.entry().eip}, true},
                          {{.target = 1, .esp = 0x3000}},
                          {{.target = 1, .pager = b}},
                          {{.target = 1, .pager = {0, 0}}},
                          {{.target = 1, .preempter = b}}}) {
        ExRegsResult before, after;
        bool goes_on = false;
        s.play([&](User u) -> Program {
            co_await s.call(u, a, creation);
            co_await settle(u);
            co_await s.begin(u, a1, Ipc{.receive = 0});
            before = co_await s.call(u, a, x.change);
            after = co_await s.call(u, a, ExRegs{.target = 1});
            goes_on = s.world().find(a1)->wait().what == kern::Wait::For::sleep;
        });
        const auto changed = [](std::uint32_t wanted, std::uint32_t old) {
            return wanted == L4_EX_REGS_KEEP ? old : wanted;
        };
        const auto changed_id = [](l4_threadid_t wanted, l4_threadid_t old) {
            return bits(wanted.low == L4_INVALID_LOW ? old : wanted);
        };
        EXPECT_EQ(after.esp, changed(x.change.esp, before.esp));
        EXPECT_EQ(after.eip, changed(x.change.eip, before.eip));
        EXPECT_EQ(bits(after.pager), changed_id(x.change.pager, before.pager));
        EXPECT_EQ(bits(after.preempter), changed_id(x.change.preempter, before.preempter));
        EXPECT_EQ(goes_on, !x.moves);
    }
    EXPECT_TRUE(landing.reached());
}

TEST(ExRegs, IgnoresIdsThatNameNobody) {
    ABI_ROW(ex_regs_unknown_ids_are_ignored);
    Stage s;
    Landing landing(s.world());
    s.spawn(5);
    s.spawn(6);
    constexpr l4_threadid_t nobody = l4_threadid(99, 0), no_thread = l4_threadid(6, 9);
    ExRegsResult query;
    s.play([&](User u) -> Program {
        co_await s.call(u, a, ExRegs{.target = 1, .eip = s.actor().eip, .pager = root, .preempter = b});
        co_await s.call(
            u, a, ExRegs{.target = 1, .eip = landing.entry().eip, .pager = nobody, .preempter = no_thread});
        query = co_await s.call(u, a, ExRegs{.target = 1});
    });
    EXPECT_EQ(bits(query.pager), bits(root));
    EXPECT_EQ(bits(query.preempter), bits(b));
    EXPECT_TRUE(landing.reached());
}

TEST(ExRegs, OnTheCallerMovesItAndTellsTheOldValues) {
    ABI_ROW(ex_regs_on_itself);
    World w;
    Landing landing(w);
    arch::Frame before{};
    const sim::Entry entry = w.program([&](User u) -> Program {
        co_await u.look(before);
        co_await u(
            ExRegs{.target = 0, .esp = 0x2000, .eip = landing.entry().eip, .pager = a, .preempter = b});
    });
    w.spawn({.task = 5, .program = entry, .esp = 0x1000});
    w.spawn(6, sim::park);
    w.run();
    ASSERT_TRUE(landing.reached());
    EXPECT_EQ(landing.frame().esp, 0x2000u);
    EXPECT_EQ(
        landing.regs(),
        (sim::Regs{
            .eax = eflags, .ecx = 0x1000, .edx = before.eip + 2 * sim::instruction_length, .esi = root.low}));
}

TEST(ExRegs, TakesTheOwnTaskNumberToo) {
    ABI_ROW(ex_regs_own_task_number);
    Stage s;
    s.spawn(5);
    ExRegsResult made{.eflags = 1}, query;
    s.play([&](User u) -> Program {
        made = co_await s.call(
            u, a, ExRegs{.target = l4_ex_regs_target(5, 1), .esp = 0x1000, .eip = s.actor().eip});
        query = co_await s.call(u, a, ExRegs{.target = l4_ex_regs_target(5, 1)});
    });
    EXPECT_EQ(made.eflags, 0u);
    EXPECT_EQ(query.esp, 0x1000u);
}

TEST(ExRegs, OnAnotherTaskIsRefused) {
    ABI_ROW(ex_regs_other_task);
    Stage s;
    Landing landing(s.world());
    s.spawn(5);
    s.spawn(6);
    sim::Regs existing, inactive;
    const sim::Regs in{
        .eax = l4_ex_regs_target(6, 0), .ebx = 1, .ecx = 2, .edx = landing.entry().eip, .ebp = 3};
    sim::Regs in_inactive = in;
    in_inactive.eax = l4_ex_regs_target(99, 1);
    s.play([&](User u) -> Program {
        existing = co_await s.call(u, a, RawExRegs{in});
        inactive = co_await s.call(u, a, RawExRegs{in_inactive});
    });
    EXPECT_EQ(existing, with_eax(in, L4_EX_REGS_ERROR));
    EXPECT_EQ(inactive, with_eax(in_inactive, L4_EX_REGS_ERROR));
    EXPECT_FALSE(landing.reached());
    EXPECT_EQ(s.world().find(b)->wait().what, kern::Wait::For::receive);
}

TEST(ExRegs, WorksOnThread0Too) {
    ABI_ROW(ex_regs_thread_0);
    Stage s;
    Landing landing(s.world());
    s.spawn(5);
    s.spawn(5, 1);
    ExRegsResult old;
    s.play([&](User u) -> Program {
        old = co_await s.call(u, a1, ExRegs{.target = 0, .esp = 0x2000, .eip = landing.entry().eip});
    });
    EXPECT_EQ(bits(old.pager), bits(root));
    ASSERT_TRUE(landing.reached());
    EXPECT_EQ(landing.frame().esp, 0x2000u);
    EXPECT_EQ(bits(landing.who()), bits(a));
}

TEST(ExRegs, StartsADeadThread) {
    ABI_ROW(ex_regs_starts_dead_thread);
    for (const std::uint32_t flags : {0u, L4_EX_REGS_NO_CANCEL}) {
        Stage s;
        Landing landing(s.world());
        s.spawn(5);
        bool killed = false;
        s.play([&](User u) -> Program {
            co_await s.call(u, a, ExRegs{.target = 1});
            co_await s.call(u, a, ExRegs{.target = 1 | flags, .esp = 0x1000, .eip = s.actor().eip});
            co_await settle(u);
            co_await s.begin_load(u, a1, 0x10000000); // it has no pager
            killed = s.world().find(a1)->dead();
            co_await s.call(u, a, ExRegs{.target = 1 | flags, .esp = 0x2000, .eip = landing.entry().eip});
        });
        EXPECT_TRUE(killed);
        ASSERT_TRUE(landing.reached());
        EXPECT_EQ(landing.frame().esp, 0x2000u);
    }
}

TEST(ExRegs, WithoutAnEipLeavesADeadThreadDead) {
    ABI_ROW(ex_regs_dead_without_eip);
    Stage s;
    s.spawn(5);
    ExRegsResult query;
    s.play([&](User u) -> Program {
        co_await s.call(u, a, ExRegs{.target = 1});
        co_await s.call(u, a, ExRegs{.target = 1, .esp = 0x1000});
        query = co_await s.call(u, a, ExRegs{.target = 1});
    });
    EXPECT_EQ(query.esp, 0x1000u);
    EXPECT_TRUE(s.world().find(a1)->dead());
}

TEST(ExRegs, LeavesAReadyThreadInItsPlace) {
    ABI_ROW(ex_regs_ready_thread_keeps_place);
    World w;
    std::string order;
    const sim::Entry before = w.program(says(order, 'x')), after = w.program(says(order, '1'));
    w.spawn(5, [&](User u) -> Program {
        co_await u(ExRegs{.target = 1, .eip = before.eip});
        co_await u(ExRegs{.target = 2, .eip = w.program(says(order, '2')).eip});
        co_await u(ExRegs{.target = 3, .eip = w.program(says(order, '3')).eip});
        co_await u(ExRegs{.target = 1, .eip = after.eip});
    });
    w.run();
    EXPECT_EQ(order, "123");
}

} // namespace
} // namespace conformance::system
