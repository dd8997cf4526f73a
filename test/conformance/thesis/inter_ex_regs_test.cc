// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs on threads of another task (docs/semantics.md 13).
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/raw.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

using sim::ExRegs;
using sim::ExRegsResult;
using RawExRegs = system::Raw<L4_VEC_LTHREAD_EX_REGS>;

constexpr l4_threadid_t a1 = l4_threadid(5, 1), e1 = l4_threadid(9, 1);
constexpr Word other(l4_threadid_t id) { return l4_ex_regs_target(l4_id_task(id), l4_id_lthread(id)); }
/// Different from all ids that exist, but for the task bits.
constexpr l4_threadid_t strange(l4_threadid_t id) {
    return {id.low | 0x3ff | 5u << L4_ID_LTHREAD_SHIFT, 0x12345};
}

Program asleep(User u) { co_await u.sleep(); }

/// A call with all registers, by the thread that runs it, at that time.
sim::Body raw_at(Time when, const sim::Regs& in, sim::Regs& out) {
    return [=, &out](User u) -> Program {
        co_await until(u, when);
        out = co_await u(RawExRegs{in});
    };
}

TEST(InterExRegs, IsAllowedToTheTaskOfThePager) {
    ABI_ROW(inter_ex_regs_by_pager);
    for (const l4_threadid_t caller : {e, e1}) {
        World w;
        Landing landing;
        ExRegsResult old;
        const sim::Entry there = w.program(landing.body());
        Word eip = 0;
        w.start(a, asleep, {.esp = 0x1111, .pager = e});
        if (l4_id_lthread(caller) != 0) w.start(e, asleep);
        w.start(caller, [&](User u) -> Program {
            co_await until(u, 1000);
            eip = w.thread(a).frame.eip;
            old = co_await u(ExRegs{
                .target = other(a), .esp = 0x2222, .eip = there.eip, .pager = root, .preempter = root});
        });
        w.run();
        EXPECT_EQ(old.eflags, 0x202u);
        EXPECT_EQ(old.esp, 0x1111u);
        EXPECT_EQ(old.eip, eip);
        EXPECT_EQ(bits(old.pager), bits(e));
        EXPECT_EQ(bits(old.preempter), 0u);
        ASSERT_EQ(landing.arrived.size(), 1u);
        EXPECT_EQ(landing.arrived[0].esp, 0x2222u);
        EXPECT_EQ(landing.arrived[0].eax, L4_IPC_RECANCELED);
        EXPECT_EQ(bits(w.thread(a).pager()), bits(root));
        EXPECT_EQ(bits(w.thread(a).internal_preempter()), bits(root));
    }
}

TEST(InterExRegs, LooksAtTheTaskOfThePagersIdOnly) {
    ABI_ROW(inter_ex_regs_by_pager);
    World w;
    ExRegsResult old;
    w.start(a, asleep, {.pager = strange(e)});
    w.start(e, [&](User u) -> Program {
        co_await until(u, 1000);
        old = co_await u(ExRegs{.target = other(a)});
    });
    w.run();
    EXPECT_TRUE(old.ok());
    EXPECT_EQ(bits(old.pager), bits(strange(e)));
}

TEST(InterExRegs, WithTheOwnTasksNumberIsAnOrdinaryOne) {
    ABI_ROW(inter_ex_regs_by_pager);
    World w;
    ExRegsResult self, created{.eflags = 1}, created_there;
    w.play({{a, [&](User u) -> Program {
                 self = co_await u(ExRegs{.target = other(a)});
                 created = co_await u(ExRegs{.target = other(a1)});
                 created_there = co_await u(ExRegs{.target = 1});
             }}});
    EXPECT_TRUE(self.ok());
    EXPECT_EQ(created.eflags, 0u);
    EXPECT_EQ(created_there.eflags, 0x202u); // the same thread
}

const sim::Regs everything{
    .eax = 0, .ebx = 0x11, .ecx = 0x22, .edx = 0x33, .esi = 0x44, .edi = 0x55, .ebp = 0x66};

/// What a caller gets that asks about A, whose pager is that one.
sim::Regs asked_by(l4_threadid_t caller, l4_threadid_t pager) {
    World w;
    sim::Regs out;
    const sim::Body ask = raw_at(1000, system::with_eax(everything, other(a)), out);
    for (const l4_threadid_t id : {c, d, e})
        if (!sim::same(id, caller)) w.start(id, asleep);
    w.start(a, asleep, {.pager = pager});
    w.start(caller, ask);
    w.run();
    return out;
}

TEST(InterExRegs, IsRefusedToTheChiefAndToStrangers) {
    ABI_ROW(inter_ex_regs_not_pager);
    const sim::Regs refused = system::with_eax(everything, L4_EX_REGS_ERROR);
    constexpr l4_threadid_t root1 = l4_threadid(L4_TASK_ROOT, 1);
    EXPECT_EQ(asked_by(root1, e), refused);
    EXPECT_EQ(asked_by(c, e), refused);
    EXPECT_EQ(asked_by(e, root), refused);
    EXPECT_EQ(asked_by(c, l4_nil_id()), refused);
    EXPECT_NE(asked_by(root1, root).eax, L4_EX_REGS_ERROR);
    EXPECT_NE(asked_by(e, e).eax, L4_EX_REGS_ERROR);
}

TEST(InterExRegs, IsRefusedToTheChiefOfThePager) {
    ABI_ROW(inter_ex_regs_not_pager);
    constexpr l4_threadid_t below = l4_threadid(20, 0);
    World w;
    sim::Regs by_chief, by_pager;
    const sim::Regs in = system::with_eax(everything, other(a));
    const sim::Entry pager = w.program(raw_at(2000, in, by_pager));
    w.start(e, [&](User u) -> Program {
        co_await until(u, 500);
        const sim::TaskNewResult made =
            co_await u(sim::TaskNew{.task = below, .eip = pager.eip, .pager = root});
        EXPECT_TRUE(made.ok());
        co_await until(u, 1000);
        by_chief = co_await u(RawExRegs{in});
    });
    w.start(a, asleep, {.pager = below});
    w.start(l4_threadid(L4_TASK_ROOT, 1), [&](User u) -> Program {
        co_await until(u, 100);
        co_await u(sim::TaskNew{.task = below, .mcp_or_chief = e.low});
    });
    w.run();
    EXPECT_EQ(by_chief, system::with_eax(in, L4_EX_REGS_ERROR));
    EXPECT_NE(by_pager.eax, L4_EX_REGS_ERROR);
}

TEST(InterExRegs, RefusedChangesNothing) {
    ABI_ROW(inter_ex_regs_not_pager);
    constexpr Word all_flags = L4_EX_REGS_FPU_SET | L4_EX_REGS_FPU_RESET | L4_EX_REGS_TLS | L4_EX_REGS_STOP |
                               L4_EX_REGS_STATE_GET | L4_EX_REGS_STATE_SET | L4_EX_REGS_RAISE_EXCEPTION |
                               L4_EX_REGS_ALIEN | L4_EX_REGS_FPU_GET;
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    sim::Regs out;
    l4_utcb_t mine = pager_utcb(), after{};
    mine.state = state_of(pattern(0x12121212));
    mine.snd_size = 16;
    mine.tls[0] = 0x0000ffff, mine.tls[1] = 0x00cff200;
    arch::FpuState fpu{}, fpu_after{};
    fpu.bytes.fill(std::byte{0x77});
    const sim::Regs in{.eax = other(a) | all_flags, .ecx = 0x1000, .edx = there.eip, .esi = c.low};
    w.start(a, asleep, {.pager = root});
    w.start(e, [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u.utcb().store(mine);
        co_await u.set_fpu(fpu);
        out = co_await u(RawExRegs{in});
        co_await u.utcb().load(after);
        co_await u.get_fpu(fpu_after);
    });
    w.run();
    EXPECT_EQ(out, system::with_eax(in, L4_EX_REGS_ERROR));
    EXPECT_EQ(w.state(a), For::sleep);
    EXPECT_TRUE(landing.arrived.empty());
    EXPECT_EQ(words(after.state), words(mine.state));
    EXPECT_TRUE(fpu_after == fpu);
    EXPECT_TRUE(w.thread(a).fpu == arch::FpuState{});
    EXPECT_EQ(bits(w.thread(a).pager()), bits(root));
    EXPECT_FALSE(w.thread(a).alien());
    EXPECT_FALSE(w.thread(a).triggered());
    EXPECT_FALSE(w.thread(a).stop());
    EXPECT_EQ(w.thread(a).tls()[0], 0u);
}

TEST(InterExRegs, CreatesAThreadThere) {
    ABI_ROW(inter_ex_regs_creates);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    const sim::Regs in{
        .eax = other(a1), .ebx = b.low, .ecx = 0x1000, .edx = there.eip, .esi = d.low, .edi = 7, .ebp = 8};
    sim::Regs out;
    Word before = 0, after = 0, own_before = 0, own_after = 0;
    w.start(a, asleep, {.quota = 40, .pager = e});
    w.start(e,
            [&](User u) -> Program {
                co_await until(u, 1000);
                const kern::Account &there_account = w.thread(a).task().account(),
                                    &own = w.thread(e).task().account();
                before = there_account.used(), own_before = own.used();
                for (Word i = 0; i < 3; ++i) out = co_await u(RawExRegs{system::with_eax(in, in.eax + i)});
                after = there_account.used(), own_after = own.used();
            },
            {.prio = 12, .quota = 40});
    w.run();
    EXPECT_EQ(out, system::with_eax(in, 0));
    ASSERT_EQ(landing.arrived.size(), 3u);
    Words expected{};
    expected[0] = gs_of_utcb;
    expected[12] = there.eip + sim::instruction_length;
    expected[13] = 0x1b, expected[14] = 0x202, expected[15] = 0x1000;
    EXPECT_EQ(words(state_of(landing.arrived[0])), expected);
    EXPECT_EQ(w.thread(a1).prio(), kern::Prio{12});
    EXPECT_EQ(bits(w.thread(a1).pager()), bits({d.low, 7}));
    EXPECT_EQ(bits(w.thread(a1).internal_preempter()), bits({b.low, 8}));
    EXPECT_EQ(&w.thread(a1).task(), &w.thread(a).task());
    EXPECT_EQ(after, before + 1); // with thread 0 they fill a frame and begin another
    EXPECT_EQ(own_after, own_before);
}

TEST(InterExRegs, LooksAtThread0ForThreadsThatAreNotThere) {
    ABI_ROW(inter_ex_regs_creates);
    World w;
    ExRegsResult by_pager_of_0, by_other;
    w.start(a,
            [](User u) -> Program {
                co_await u(ExRegs{.target = 1, .eip = L4_EX_REGS_KEEP, .pager = d}); // not of thread 0
            },
            {.pager = e});
    const auto create = [](ExRegsResult& out, Word lthread) -> sim::Body {
        return [&out, lthread](User u) -> Program {
            co_await until(u, 1000);
            out = co_await u(ExRegs{.target = l4_ex_regs_target(5, lthread)});
        };
    };
    w.start(d, create(by_other, 2));
    w.start(e, create(by_pager_of_0, 3));
    w.run();
    EXPECT_FALSE(by_other.ok());
    EXPECT_EQ(by_pager_of_0.eflags, 0u);
    EXPECT_EQ(w.find(l4_threadid(5, 2)), nullptr);
    EXPECT_NE(w.find(l4_threadid(5, 3)), nullptr);
}

TEST(InterExRegs, WithoutMemoryThereCreatesNothing) {
    ABI_ROW(inter_ex_regs_creates);
    World w;
    std::vector<Word> results;
    w.start(a, asleep, {.quota = L4_KMEM_TASK + 1, .pager = e});
    w.start(e, [&](User u) -> Program {
        co_await until(u, 1000);
        for (Word i = 1; i < 5; ++i) {
            const ExRegsResult r = co_await u(ExRegs{.target = l4_ex_regs_target(5, i)});
            results.push_back(r.eflags);
        }
    });
    w.run();
    EXPECT_EQ(results, (std::vector<Word>{0, 0, L4_EX_REGS_ERROR, L4_EX_REGS_ERROR}));
}

TEST(InterExRegs, CanNotMakeATask) {
    ABI_ROW(inter_ex_regs_thread_0_needs_task_new);
    ABI_ROW(inter_ex_regs_inactive);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    std::vector<sim::Regs> results;
    std::vector<sim::Regs> expected;
    const auto ask_all = [&](User u) -> Program {
        co_await until(u, 1000);
        for (const l4_threadid_t id : {l4_threadid(20, 0), l4_threadid(20, 1), l4_threadid(2047, 127),
                                       l4_threadid(1, 0), l4_threadid(3, 5)}) {
            const sim::Regs in{.eax = other(id), .ecx = 0x1000, .edx = there.eip, .esi = e.low};
            expected.push_back(system::with_eax(in, L4_EX_REGS_ERROR));
            results.push_back(co_await u(RawExRegs{in}));
        }
    };
    w.start(e, ask_all);
    w.start(l4_threadid(L4_TASK_ROOT, 1), ask_all); // who could make them by task_new
    w.run();
    EXPECT_EQ(results, expected);
    EXPECT_EQ(results.size(), 10u);
    EXPECT_TRUE(landing.arrived.empty());
    EXPECT_EQ(w.find(l4_threadid(20, 0)), nullptr);
}

TEST(InterExRegs, FollowsThePagerWhenItChanges) {
    ABI_ROW(inter_ex_regs_pager_changes);
    World w;
    ExRegsResult hands_over, tries_again, accepted, too_early;
    const auto ask = [](ExRegsResult& out, Time when, l4_threadid_t pager) -> sim::Body {
        return [&out, when, pager](User u) -> Program {
            co_await until(u, when);
            out = co_await u(ExRegs{.target = other(a), .pager = pager});
        };
    };
    w.start(a, asleep, {.pager = e});
    w.start(e, ask(hands_over, 1000, d));
    w.start(e1, ask(tries_again, 2000, e));
    w.start(d, ask(accepted, 3000, l4_invalid_id()));
    w.start(l4_threadid(8, 1), ask(too_early, 500, d));
    w.run();
    EXPECT_FALSE(too_early.ok());
    EXPECT_EQ(bits(hands_over.pager), bits(e));
    EXPECT_FALSE(tries_again.ok());
    EXPECT_EQ(bits(accepted.pager), bits(d));
}

TEST(InterExRegs, GivesTheLesserMcp) {
    ABI_ROW(inter_ex_regs_mcp);
    for (const std::uint8_t mcp_of_task : {10, 200}) {
        World w;
        sim::ScheduleResult at_most, more;
        const sim::Entry created = w.program([&](User u) -> Program {
            at_most = co_await u(sim::ThreadSchedule{.thread = a1, .param = l4_sched_param(10, 0, 0)});
            more = co_await u(sim::ThreadSchedule{.thread = a1, .param = l4_sched_param(101, 0, 0)});
        });
        w.start(a, asleep, {.mcp = mcp_of_task, .pager = e});
        w.start(e,
                [&](User u) -> Program {
                    co_await until(u, 1000);
                    co_await u(ExRegs{.target = other(a1), .eip = created.eip, .pager = e});
                },
                {.prio = 5, .mcp = 100});
        w.run();
        EXPECT_EQ(w.thread(a1).mcp(), mcp_of_task == 10 ? 10 : 100);
        EXPECT_TRUE(at_most.ok());
        EXPECT_FALSE(more.ok());
    }
}

} // namespace
} // namespace conformance::thesis
