// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs that stops threads and lets them go on (docs/semantics.md 14.6).
#include <gtest/gtest.h>

#include "test/conformance/thesis/support/controlled.h"

namespace conformance::thesis {
namespace {

using sim::ExRegs;
using sim::ExRegsResult;

constexpr Word get = L4_EX_REGS_STATE_GET, set = L4_EX_REGS_STATE_SET, stop = L4_EX_REGS_STOP,
               no_cancel = L4_EX_REGS_NO_CANCEL, a0 = l4_ex_regs_target(5, 0);

TEST(Stop, OfAThreadInAnIpcComesWhenThatIsOver) {
    ABI_ROW(ex_regs_stop_in_ipc);
    Controlled c;
    Words got{};
    For before{}, after{};
    IpcResult sent;
    c.run(
        [&](User u) -> Program {
            co_await u.wait();
            c.ended = true;
        },
        [&](User u) -> Program {
            co_await until(u, 1000);
            co_await u(ExRegs{.target = a0 | stop});
            before = c.w.state(a);
            sent = co_await u.send(a, 7, 8, L4_TIMEOUT_SND_ZERO);
            co_await until(u, 2000);
            after = c.w.state(a);
            co_await u(ExRegs{.target = a0 | get});
            got = co_await fetched(u);
        });
    EXPECT_EQ(before, For::receive_any);
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(after, For::stopped);
    EXPECT_EQ(got[9], l4_msgdope(2, 0));
    EXPECT_EQ(got[7], 7u);
    EXPECT_EQ(got[6], 8u);
    EXPECT_FALSE(c.ended);
}

TEST(Stop, OfAThreadInAFaultComesAfterTheAnswer) {
    ABI_ROW(ex_regs_stop_in_ipc);
    Controlled c;
    For after{};
    c.run(
        [&](User u) -> Program {
            co_await u.raise(L4_TRAP_DIVIDE);
            c.ended = true;
        },
        [&](User u) -> Program {
            l4_utcb_t mine = pager_utcb();
            co_await u.utcb().store(mine);
            const IpcResult m = co_await u.wait();
            co_await u(ExRegs{.target = a0 | stop});
            co_await u.utcb().load(mine);
            mine.state.eip += sim::instruction_length;
            mine.snd_size = L4_UTCB_STATE_WORDS;
            co_await u.utcb().store(mine);
            co_await u(words_to(m.from));
            co_await until(u, 1000);
            after = c.w.state(a);
            EXPECT_FALSE(c.ended);
            co_await u(ExRegs{.target = a0 | set}); // the same state
        });
    EXPECT_EQ(after, For::stopped);
    EXPECT_TRUE(c.ended);
}

TEST(Stop, StillToComeIsForgottenByACallWithAnEip) {
    ABI_ROW(ex_regs_stop_in_ipc);
    Controlled c;
    c.run([](User u) -> Program { co_await u.sleep(); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await u(ExRegs{.target = a0 | stop});
              EXPECT_EQ(c.w.state(a), For::sleep);
              co_await u(ExRegs{.target = a0, .eip = c.there.eip});
          });
    EXPECT_EQ(c.landing.arrived.size(), 1u);
}

TEST(Stop, TogetherWithAnEipMovesAThreadThatStandsStill) {
    ABI_ROW(ex_regs_with_state);
    Controlled c;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop, .eip = c.there.eip});
        co_await until(u, 30000);
        EXPECT_TRUE(c.landing.arrived.empty());
        EXPECT_EQ(c.w.state(a), For::stopped);
        EXPECT_EQ(c.w.thread(a).frame.eip, c.there.eip);
    });
    EXPECT_TRUE(c.landing.arrived.empty());
    EXPECT_FALSE(c.ended);
}

TEST(Stop, OfTheCallerItself) {
    ABI_ROW(ex_regs_with_state);
    World w;
    arch::Frame before{};
    ExRegsResult result;
    l4_utcb_state_t s{};
    w.play({{a,
             [&](User u) -> Program {
                 co_await u.look(before);
                 result = co_await u(ExRegs{.target = stop | get});
                 co_await u.utcb().load_state(s);
             },
             {.pager = e}},
            {e, [&](User u) -> Program {
                 co_await until(u, 1000);
                 EXPECT_EQ(w.state(a), For::stopped);
                 EXPECT_EQ(result.eip, 0u);
                 co_await u(ExRegs{.target = a0, .eip = w.thread(a).frame.eip});
             }}});
    EXPECT_EQ(result.eflags, before.eflags);
    EXPECT_EQ(result.eip, next(before) + sim::instruction_length);
    EXPECT_EQ(s.eip, next(before) + sim::instruction_length);
    EXPECT_EQ(s.eax, Word{stop | get}); // as in the call
}

TEST(Stopped, ThreadIsNotThereForOthers) {
    ABI_ROW(ex_regs_stopped_thread);
    Controlled c;
    IpcResult sent;
    sim::ScheduleResult query;
    sim::SwitchResult switched;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop});
        sent = co_await u.send(a, 1, 2, L4_TIMEOUT_SND_ZERO);
        query = co_await u(sim::ThreadSchedule{.thread = a});
        switched = co_await u(sim::ThreadSwitch{.to = a});
    });
    EXPECT_EQ(sent.dope, L4_IPC_SETIMEOUT);
    EXPECT_EQ(query.state(), L4_STATE_STOPPED);
    EXPECT_EQ(bits(query.partner), 0u);
    EXPECT_EQ(switched.status, 0u);
    EXPECT_FALSE(c.ended);
    EXPECT_EQ(c.w.state(a), For::stopped);
}

TEST(Stopped, ThreadGetsTheMessagesThatWaitedForIt) {
    ABI_ROW(ex_regs_stopped_thread);
    Controlled c;
    IpcResult got, sent{.dope = ~0u};
    c.w.start(b, [&](User u) -> Program {
        co_await until(u, 2000);
        sent = co_await u.send(a, 7, 8);
    });
    c.run(
        [&](User u) -> Program {
            co_await u.compute(20000);
            got = co_await u.wait();
        },
        [&](User u) -> Program {
            co_await until(u, 1000);
            co_await u(ExRegs{.target = a0 | stop});
            co_await until(u, 50000);
            EXPECT_EQ(c.w.state(b), For::send);
            co_await u(ExRegs{.target = a0, .eip = c.w.thread(a).frame.eip});
        });
    EXPECT_EQ(Answer::of(got), ipc::message(b, 7, 8));
    EXPECT_EQ(sent.dope, L4_IPC_OK);
}

TEST(Stopped, ThreadCanBePrioritisedAndStaysStopped) {
    ABI_ROW(ex_regs_stopped_thread);
    Controlled c;
    sim::ScheduleResult changed;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop});
        changed = co_await u(sim::ThreadSchedule{.thread = a, .param = l4_sched_param(100, 0, 0)});
        co_await u(ExRegs{.target = a0 | stop});
    });
    EXPECT_TRUE(changed.ok());
    EXPECT_EQ(c.w.state(a), For::stopped);
}

TEST(Stopped, ThreadStaysSoWithoutAnEip) {
    ABI_ROW(ex_regs_stop_ends);
    Controlled c;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop});
        co_await u(ExRegs{.target = a0});
        co_await u(ExRegs{.target = a0, .esp = 0x1000, .pager = e});
        co_await u(ExRegs{.target = a0 | L4_EX_REGS_RAISE_EXCEPTION | L4_EX_REGS_TLS | get});
        co_await u(ExRegs{.target = a0 | stop, .eip = c.elsewhere.eip});
        co_await until(u, 50000);
        EXPECT_EQ(c.w.state(a), For::stopped);
    });
    EXPECT_FALSE(c.ended);
    EXPECT_TRUE(c.other.arrived.empty());
}

TEST(Stopped, ThreadRunsAtAnEip) {
    ABI_ROW(ex_regs_stop_ends);
    for (const Word flags : {Word{0}, no_cancel}) {
        Controlled c;
        c.run(c.busy(), [&](User u) -> Program {
            co_await until(u, 1000);
            co_await u(ExRegs{.target = a0 | stop});
            co_await until(u, 2000);
            co_await u(ExRegs{.target = a0 | flags, .eip = c.there.eip});
        });
        ASSERT_EQ(c.landing.arrived.size(), 1u);
        EXPECT_EQ(c.landing.arrived[0].eax, c.before.eax);
    }
}

TEST(Stopped, ThreadTellsItsPendingExceptionFirst) {
    ABI_ROW(ex_regs_stop_ends);
    Controlled c;
    IpcResult m;
    Words got{};
    c.run(c.busy(), [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop | L4_EX_REGS_RAISE_EXCEPTION});
        m = co_await u.wait(receive_timeout(Micros{1000}));
        EXPECT_EQ(m.error(), L4_IPC_RETIMEOUT); // not while it is stopped
        co_await u(ExRegs{.target = a0, .eip = c.there.eip});
        m = co_await u.wait();
        got = co_await fetched(u);
        EXPECT_TRUE(c.landing.arrived.empty());
        co_await u(words_to(m.from));
    });
    EXPECT_EQ(Answer::of(m), exception_of(a));
    EXPECT_EQ(got[10], L4_TRAP_TRIGGERED);
    EXPECT_EQ(got[12], c.there.eip);
    EXPECT_EQ(c.landing.arrived.size(), 1u);
}

} // namespace
} // namespace conformance::thesis
