// SPDX-License-Identifier: BSD-2-Clause
// task_new: who may, and what comes out of it.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/landing.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/raw.h"

namespace conformance::system {
namespace {

using sim::TaskNew;
using sim::TaskNewResult;
using sim::ThreadSchedule;
using RawTaskNew = Raw<L4_VEC_TASK_NEW>;

constexpr l4_threadid_t t = l4_threadid(10, 0);
constexpr TaskNew deletion{.task = t, .mcp_or_chief = root.low};

TEST(TaskNew, CreatesATaskWithAThread) {
    ABI_ROW(task_new_create);
    Stage s;
    Landing landing(s.world());
    const sim::Regs in{.eax = l4_task_new_create(100, 0),
                       .ebx = b.low | L4_ID_VERSION_LOW_MASK,
                       .ecx = 0x1000,
                       .edx = landing.entry().eip,
                       .esi = t.low,
                       .ebp = 0x77};
    sim::Regs out;
    s.play([&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = Stage::director, .param = l4_sched_param(12, 0, 0)});
        out = co_await u.syscall(L4_VEC_TASK_NEW, in);
    });
    const l4_threadid_t id = reported(10, 0, L4_TASK_ROOT);
    EXPECT_EQ(out, (sim::Regs{.ecx = account(s.world(), root).free(), .esi = id.low, .edi = id.high}));
    ASSERT_TRUE(landing.reached());
    EXPECT_EQ(bits(landing.who()), bits(t));
    EXPECT_EQ(landing.regs(), sim::Regs{});
    EXPECT_EQ(landing.frame().esp, 0x1000u);
    EXPECT_EQ(landing.frame().eflags, 0x202u);
    const kern::Thread& thread = *s.world().find(t);
    EXPECT_EQ(bits(thread.pager()), bits({in.ebx, in.ebp}));
    EXPECT_EQ(bits(thread.internal_preempter()), 0u);
    EXPECT_EQ(bits(thread.external_preempter()), 0u);
    EXPECT_EQ(thread.prio(), kern::Prio{12});
    EXPECT_EQ(thread.mcp(), 100u);
    EXPECT_EQ(thread.slice(), Micros{L4_SLICE_DEFAULT_US});
}

TEST(TaskNew, PutsTheNewThreadToTheTail) {
    ABI_ROW(task_new_create);
    World w;
    std::string order;
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await u(TaskNew{.task = t, .eip = w.program(says(order, 'N')).eip, .pager = root});
        order += 'A';
    });
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "ACN");
}

TEST(TaskNew, StartsEvenAtAddressMinus1) {
    Stage s;
    bool alive = false;
    s.play([&](User u) -> Program {
        co_await u(TaskNew{.task = t, .esp = ~0u, .eip = ~0u, .pager = root});
        alive = !s.world().find(t)->dead() && s.world().find(t)->frame.eip == ~0u &&
                s.world().find(t)->frame.esp == ~0u;
        co_await u(deletion);
    });
    EXPECT_TRUE(alive);
}

TEST(TaskNew, GivesAtMostTheCallersMcp) {
    ABI_ROW(task_new_mcp);
    struct Case {
        std::uint8_t asked, given;
    };
    for (const Case& x : {Case{100, 50}, {20, 20}}) {
        Stage s;
        Clan clan(s);
        s.spawn({.task = 5, .mcp = 50});
        sim::ScheduleResult up_to, beyond;
        s.play([&](User u) -> Program {
            co_await clan.hand_over(u, 10, 5);
            TaskNew creation = clan.creation(10);
            creation.mcp_or_chief = x.asked;
            co_await s.call(u, a, creation);
            up_to =
                co_await s.call(u, t, ThreadSchedule{.thread = t, .param = l4_sched_param(x.given, 0, 0)});
            beyond = co_await s.call(
                u, t, ThreadSchedule{.thread = t, .param = l4_sched_param(x.given + 1u, 0, 0)});
        });
        EXPECT_TRUE(up_to.ok());
        EXPECT_FALSE(beyond.ok());
    }
}

TEST(TaskNew, CountsTheChiefsAbove) {
    ABI_ROW(task_new_nest);
    Stage s;
    Clan clan(s);
    TaskNewResult first, second, third;
    s.play([&](User u) -> Program {
        first = co_await u(clan.creation(5));
        co_await settle(u);
        second = co_await clan.make_below(u, 5, 6);
        third = co_await clan.make_below(u, 6, 7);
    });
    EXPECT_EQ(bits(first.id), bits(reported(5, 0, 4, 0)));
    EXPECT_EQ(bits(second.id), bits(reported(6, 0, 5, 1)));
    EXPECT_EQ(bits(third.id), bits(reported(7, 0, 6, 2)));
}

constexpr std::uint16_t chain_first = 20, deepest_nest = 15, chain_last = chain_first + deepest_nest;

/// Tasks 20 to 35, each below the one before: the last one is as deep as can be.
sim::Routine<int> make_chain(Clan& clan, User u) {
    co_await u(clan.creation(chain_first));
    co_await settle(u);
    for (std::uint16_t n = chain_first; n < chain_last; ++n)
        co_await clan.make_below(u, n, static_cast<std::uint16_t>(n + 1));
    co_return 0;
}

TEST(TaskNew, DoesNotCreateBelowNest15) {
    ABI_ROW(task_new_nest_too_deep);
    Stage s;
    Clan clan(s);
    TaskNewResult made, gone;
    sim::NearestResult id;
    s.play([&](User u) -> Program {
        co_await make_chain(clan, u);
        id = co_await s.call(u, l4_threadid(chain_last, 0), sim::IdNearest{});
        made = co_await clan.make_below(u, chain_last, 10);
        gone = co_await s.call(u, l4_threadid(chain_last, 0),
                               TaskNew{.task = t, .mcp_or_chief = l4_threadid(chain_last, 0).low});
    });
    EXPECT_EQ(l4_id_nest(id.id), 15u);
    EXPECT_FALSE(made.ok());
    EXPECT_EQ(made.eax, L4_TASK_NEW_EINVAL);
    EXPECT_EQ(s.world().find(t), nullptr);
    EXPECT_TRUE(gone.ok()); // it may still give numbers away
}

TEST(TaskNew, IsForTheChiefOnly) {
    ABI_ROW(task_new_not_chief);
    Stage s;
    Clan clan(s);
    s.spawn(5);
    s.spawn(6);
    constexpr std::uint16_t active = 10, inactive = 11;
    std::vector<sim::Regs> results;
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, active);
        co_await clan.hand_over(u, inactive, 5);
        for (const std::uint16_t number : {active, inactive}) {
            const l4_threadid_t id = l4_threadid(number, 0);
            const std::array<TaskNew, 3> calls{clan.creation(number),
                                               TaskNew{.task = id, .mcp_or_chief = b.low},
                                               TaskNew{.task = id, .mcp_or_chief = a.low}};
            for (const TaskNew& call : calls) {
                results.push_back(co_await s.call(u, b, RawTaskNew{call.regs()})); // another
                if (number == active)
                    results.push_back(co_await s.call(u, t, RawTaskNew{call.regs()})); // itself
                results.push_back(co_await u.syscall(L4_VEC_TASK_NEW, call.regs()));   // who was chief
            }
        }
    });
    ASSERT_EQ(results.size(), 15u);
    const sim::Regs failed{.eax = L4_TASK_NEW_EPERM, .ecx = account(s.world(), root).free()};
    for (const sim::Regs& out : results) EXPECT_EQ(out, failed);
    EXPECT_EQ(s.world().find(t)->wait().what, kern::Wait::For::receive);
    EXPECT_EQ(s.world().find(l4_threadid(inactive, 0)), nullptr);
}

TEST(TaskNew, NeverTouchesTheFirstFiveNumbers) {
    ABI_ROW(task_new_reserved_numbers);
    Stage s;
    std::vector<TaskNewResult> results;
    s.play([&](User u) -> Program {
        for (std::uint16_t n = 0; n < L4_TASK_FIRST_USER; ++n) {
            results.push_back(co_await u(TaskNew{.task = l4_threadid(n, 0), .pager = root}));
            results.push_back(co_await u(TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = root.low}));
        }
    });
    ASSERT_EQ(results.size(), 10u);
    for (const TaskNewResult& r : results) {
        EXPECT_EQ(bits(r.id), 0u);
        EXPECT_EQ(r.eax, L4_TASK_NEW_EPERM);
    }
    EXPECT_NE(s.world().find(sigma0), nullptr);
    EXPECT_NE(s.world().find(root), nullptr);
}

TEST(TaskNew, LooksAtTheTaskNumberOnly) {
    ABI_ROW(task_new_id_ignores_the_rest);
    Stage s;
    TaskNewResult made;
    s.play([&](User u) -> Program {
        const std::uint32_t low = l4_threadid(10, 5).low | L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK;
        made = co_await u(TaskNew{.task = {low, 0xdeadbeef}, .eip = s.actor().eip, .pager = root});
    });
    EXPECT_EQ(bits(made.id), bits(reported(10, 0, 4)));
    EXPECT_NE(s.world().find(t), nullptr);
    EXPECT_EQ(s.world().find(l4_threadid(10, 5)), nullptr);
}

TEST(TaskNew, KeepsAPagerThatDoesNotExistYet) {
    ABI_ROW(task_new_pager_is_kept_as_given);
    Stage s;
    Clan clan(s);
    s.spawn(6);
    constexpr l4_threadid_t pager = l4_threadid(6, 3);
    constexpr std::uint32_t at = 0x10000000;
    sim::IpcResult fault;
    s.play([&](User u) -> Program {
        TaskNew creation = clan.creation(10);
        creation.pager = pager;
        co_await u(creation);
        co_await s.call(u, b, sim::ExRegs{.target = 3, .eip = s.actor().eip, .pager = root});
        co_await settle(u);
        const Stage::Ticket wait = co_await s.begin(u, pager, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.begin_load(u, t, at);
        co_await settle(u);
        fault = s.result<sim::Ipc>(wait);
    });
    EXPECT_EQ(bits(fault.from), bits(reported(10, 0, 4)));
    EXPECT_EQ(fault.w0, at);
}

TEST(TaskNew, CreatesAnActiveTaskAnew) {
    ABI_ROW(task_new_again);
    Stage s;
    Clan clan(s);
    constexpr std::uint32_t at = 0x10000000;
    TaskNewResult first, second;
    Right before{}, after{};
    s.play([&](User u) -> Program {
        first = co_await u(clan.creation(10));
        co_await settle(u);
        co_await s.store(u, t, at, 1);
        co_await s.call(u, t, sim::ExRegs{.target = 1, .eip = s.actor().eip, .pager = root});
        before = right(s.world(), t, at);
        second = co_await u(clan.creation(10));
        after = right(s.world(), t, at);
    });
    EXPECT_EQ(bits(second.id), bits(first.id));
    EXPECT_EQ(before, Right::write);
    EXPECT_EQ(after, Right::none);
    EXPECT_EQ(s.world().find(l4_threadid(10, 1)), nullptr);
    EXPECT_EQ(s.world().find(t)->wait().what, kern::Wait::For::receive);
}

TEST(TaskNew, DeletesATask) {
    ABI_ROW(task_new_delete);
    Stage s;
    s.spawn(10);
    TaskNewResult active, inactive;
    sim::IpcResult sent;
    sim::NearestResult id;
    s.play([&](User u) -> Program {
        active = co_await u(deletion);
        sent = co_await u.send(t, 0, 0);
        inactive = co_await u(deletion);
        id = co_await u(sim::IdNearest{.id = t});
    });
    EXPECT_EQ(bits(active.id), bits(reported(10, 0, 4)));
    EXPECT_EQ(active.eax, 0u);
    EXPECT_EQ(bits(inactive.id), bits(reported(10, 0, 4)));
    EXPECT_EQ(inactive.eax, 0u);
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(bits(id.id), bits(reported(10, 0, 4)));
}

TEST(TaskNew, HandsANumberOver) {
    ABI_ROW(task_new_transfer);
    for (const bool was_active : {false, true}) {
        Stage s;
        Clan clan(s);
        s.spawn(5);
        if (was_active) s.spawn(10);
        TaskNewResult given, made;
        bool gone = false;
        s.play([&](User u) -> Program {
            given = co_await u(TaskNew{.task = t, .mcp_or_chief = l4_threadid(5, 9).low});
            gone = s.world().find(t) == nullptr;
            made = co_await s.call(u, a, clan.creation(10));
        });
        EXPECT_EQ(bits(given.id), bits(reported(10, 0, 5)));
        EXPECT_EQ(given.eax, 0u);
        EXPECT_TRUE(gone);
        EXPECT_EQ(bits(made.id), bits(reported(10, 0, 5, 1)));
    }
}

/// Root tries to give number 10 to that chief.
void expect_no_transfer(l4_threadid_t chief) {
    Stage s;
    Clan clan(s);
    s.spawn(10);
    TaskNewResult active, inactive;
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 10, 12);
        inactive = co_await u(TaskNew{.task = l4_threadid(11, 0), .mcp_or_chief = l4_threadid(99, 0).low});
        active = co_await u(TaskNew{.task = t, .mcp_or_chief = chief.low});
    });
    for (const TaskNewResult& r : {active, inactive}) {
        EXPECT_EQ(bits(r.id), 0u);
        EXPECT_EQ(r.eax, L4_TASK_NEW_EINVAL);
    }
    EXPECT_NE(s.world().find(t), nullptr);
    for (const std::uint16_t n : {10, 11})
        EXPECT_EQ(s.world().kernel().tasks().chief(kern::TaskNo{n}), kern::TaskNo{L4_TASK_ROOT});
}

TEST(TaskNew, HandsNothingToATaskThatIsNotActive) {
    ABI_ROW(task_new_transfer_to_inactive);
    expect_no_transfer(l4_threadid(99, 0));
    expect_no_transfer(l4_threadid(0, 1));
    expect_no_transfer(l4_nil_id());
}

TEST(TaskNew, HandsNothingToTheTaskOrBelowIt) {
    ABI_ROW(task_new_transfer_below_itself);
    expect_no_transfer(t);
    expect_no_transfer(l4_threadid(12, 0));
}

TEST(TaskNew, ReportsTheFirstError) {
    ABI_ROW(task_new_error_order);
    Stage s;
    Clan clan(s);
    const l4_threadid_t deep = l4_threadid(chain_last, 0), above = l4_threadid(chain_last - 1, 0);
    constexpr std::uint32_t too_much = 100000;
    std::vector<std::uint32_t> errors;
    s.play([&](User u) -> Program {
        co_await make_chain(clan, u);
        const TaskNew not_mine = clan.creation(10, too_much);
        TaskNewResult r = co_await s.call(u, deep, not_mine);
        errors.push_back(r.eax);
        r = co_await s.call(u, deep, TaskNew{.task = t, .mcp_or_chief = l4_threadid(99, 0).low});
        errors.push_back(r.eax);
        co_await clan.hand_over(u, 10, chain_last);
        r = co_await s.call(u, deep, clan.creation(10, too_much));
        errors.push_back(r.eax);
        co_await clan.hand_over(u, 11, chain_last - 1);
        r = co_await s.call(u, above, clan.creation(11, too_much));
        errors.push_back(r.eax);
    });
    EXPECT_EQ(errors, (std::vector<std::uint32_t>{L4_TASK_NEW_EPERM, L4_TASK_NEW_EPERM, L4_TASK_NEW_EINVAL,
                                                  L4_TASK_NEW_ENOMEM}));
}

} // namespace
} // namespace conformance::system
