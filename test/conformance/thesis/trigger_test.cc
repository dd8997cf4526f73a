// SPDX-License-Identifier: BSD-2-Clause
// Exceptions that lthread_ex_regs asks for (docs/semantics.md 12.5, 12.6).
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// A does something; its thread 1 makes these calls at 1000; E is A's pager.
struct Triggered {
    World w;
    Handler handler;
    Landing landing, other;
    sim::Entry there, elsewhere;
    std::vector<sim::ExRegsResult> results;
    arch::Frame before{}, after{};

    explicit Triggered(Handler::Reply reply = go_on(), const l4_utcb_t& utcb = pager_utcb())
        : handler(std::move(reply), utcb),
          there(w.program(landing.body())),
          elsewhere(w.program(other.body())) {}
    void run(sim::Body body, std::vector<sim::ExRegs> calls, std::vector<World::Role> more = {}) {
        w.start(e, handler.body());
        w.start(a, std::move(body), {.pager = e});
        w.start(l4_threadid(5, 1), [&, calls](User u) -> Program {
            co_await until(u, 1000);
            for (const sim::ExRegs& call : calls) results.push_back(co_await u(call));
        });
        w.play(std::move(more));
    }
    sim::Body busy() {
        return [this](User u) -> Program {
            arch::Frame mine = registers(0x11110000);
            co_await u.assume(mine);
            co_await u.look(before);
            co_await u.compute(20000);
            co_await u.look(after);
        };
    }
};

constexpr Word raise = L4_EX_REGS_RAISE_EXCEPTION;

TEST(Trigger, IsAMessageBeforeTheNextReturnToUserMode) {
    ABI_ROW(exc_triggered);
    Triggered t;
    t.run(t.busy(), {{.target = raise}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].answer, exception_of(a));
    l4_utcb_state_t expected = state_of(t.before);
    expected.eip = next(t.before);
    expected.trapno = L4_TRAP_TRIGGERED;
    EXPECT_EQ(words(t.handler[0].state()), words(expected));
    EXPECT_EQ(t.after.eax, t.before.eax); // it went on
    EXPECT_EQ(t.results[0].eip, next(t.before));
}

TEST(Trigger, ComesWithTheNewEipAndEsp) {
    ABI_ROW(exc_triggered);
    Triggered t;
    t.run(t.busy(), {{.target = raise, .esp = 0x1234, .eip = t.there.eip}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].state().eip, t.there.eip);
    EXPECT_EQ(t.handler[0].state().esp, 0x1234u);
    EXPECT_EQ(t.handler[0].state().eax, t.before.eax);
    EXPECT_EQ(t.landing.arrived.size(), 1u);
}

TEST(Trigger, CancelsAnIpcWithANewEip) {
    ABI_ROW(exc_triggered);
    Triggered t;
    t.run([](User u) -> Program { co_await u.sleep(); }, {{.target = raise, .eip = t.there.eip}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].state().eip, t.there.eip);
    EXPECT_EQ(t.handler[0].state().eax, L4_IPC_RECANCELED);
    EXPECT_EQ(t.landing.arrived.size(), 1u);
}

TEST(Trigger, StartsANewThreadWithAMessage) {
    ABI_ROW(exc_triggered);
    Triggered t;
    t.run(t.busy(), {{.target = 2 | raise, .esp = 0x77, .eip = t.there.eip, .pager = e}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].answer, exception_of(l4_threadid(5, 2)));
    EXPECT_EQ(t.handler[0].state().trapno, L4_TRAP_TRIGGERED);
    EXPECT_EQ(t.handler[0].state().eip, t.there.eip);
    EXPECT_EQ(t.landing.arrived.size(), 1u);
}

TEST(Trigger, OfTheCallerItself) {
    ABI_ROW(exc_triggered);
    World w;
    Handler handler(go_on());
    arch::Frame before{};
    sim::ExRegsResult result;
    w.play({{e, handler.body()},
            {a,
             [&](User u) -> Program {
                 co_await u.look(before);
                 result = co_await u(sim::ExRegs{.target = raise});
             },
             {.pager = e}}});
    ASSERT_EQ(handler.count(), 1u);
    EXPECT_EQ(handler[0].state().eip, next(before) + sim::instruction_length);
    EXPECT_EQ(handler[0].state().eax, 0x202u); // the call's result is in the state
    EXPECT_EQ(result.eip, next(before) + sim::instruction_length);
}

TEST(Trigger, TwiceIsOneMessageAndTheSecondEipIsNotTaken) {
    ABI_ROW(exc_triggered_twice);
    Triggered t;
    t.run(t.busy(), {{.target = raise, .esp = 0x1000, .eip = t.there.eip},
                     {.target = raise, .esp = 0x2000, .eip = t.elsewhere.eip}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].state().eip, t.there.eip);
    EXPECT_EQ(t.handler[0].state().esp, 0x2000u);
    EXPECT_EQ(t.landing.arrived.size(), 1u);
    EXPECT_EQ(t.other.arrived.size(), 0u);
}

TEST(Trigger, TwiceOnAWaitingThreadDoesNotCancelItsIpc) {
    ABI_ROW(exc_triggered_twice);
    Triggered t;
    t.run([](User u) -> Program { co_await u.sleep(); },
          {{.target = raise}, {.target = raise, .eip = t.elsewhere.eip}});
    EXPECT_EQ(t.handler.count(), 0u);
    EXPECT_EQ(t.w.state(a), For::sleep);
    EXPECT_EQ(t.other.arrived.size(), 0u);
}

TEST(Trigger, AnEipWithoutTriggerIsTakenWhileOneIsPending) {
    ABI_ROW(exc_triggered_twice);
    Triggered t;
    t.run(t.busy(), {{.target = raise, .eip = t.there.eip}, {.target = 0, .eip = t.elsewhere.eip}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].state().eip, t.elsewhere.eip);
    EXPECT_EQ(t.other.arrived.size(), 1u);
}

TEST(Trigger, InAnIpcComesWhenItIsOver) {
    ABI_ROW(exc_triggered_in_ipc);
    Triggered t;
    const auto sender = [](User u) -> Program {
        co_await until(u, 5000);
        co_await u.send(a, 0xaa, 0xbb);
    };
    t.run(
        [&](User u) -> Program {
            const IpcResult got = co_await u.wait();
            EXPECT_EQ(got.w0, 0xaau);
        },
        {{.target = raise}}, {{b, sender}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].at, 5000u);
    EXPECT_EQ(t.handler[0].state().trapno, L4_TRAP_TRIGGERED);
    EXPECT_EQ(t.handler[0].state().eax, l4_msgdope(2, 0));
    EXPECT_EQ(t.handler[0].state().edx, 0xaau);
    EXPECT_EQ(t.handler[0].state().ebx, 0xbbu);
}

TEST(Trigger, InASleepComesAtItsEnd) {
    ABI_ROW(exc_triggered_in_ipc);
    Triggered t;
    t.run([](User u) -> Program { co_await u.sleep(receive_timeout(Micros{4000})); }, {{.target = raise}});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_GE(t.handler[0].at, 4000u);
    EXPECT_EQ(t.handler[0].state().eax, L4_IPC_RETIMEOUT);
}

TEST(Trigger, InAPageFaultComesAfterTheAnswerBeforeTheInstruction) {
    ABI_ROW(exc_triggered_in_ipc);
    constexpr Word missing = 0x10000000;
    World w;
    std::vector<Answer> heard;
    std::vector<Words> states;
    arch::Frame before{};
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        IpcResult m = co_await u.wait();
        heard.push_back(Answer::of(m));
        co_await until(u, 2000);
        co_await u(words_to(m.from)); // no page: the instruction will fault again
        for (int i = 0; i < 2; ++i) {
            m = co_await u.wait();
            heard.push_back(Answer::of(m));
            co_await u.utcb().load(mine);
            states.push_back(words(mine.state));
            co_await u(words_to(m.from, i == 0 ? 0 : L4_PF_REFUSED));
        }
    });
    w.start(a,
            [&](User u) -> Program {
                co_await u.look(before);
                co_await u.load8(missing);
            },
            {.pager = e});
    w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, 1000);
        co_await u(sim::ExRegs{.target = raise});
    });
    w.run();
    const Answer fault = ipc::message(a, missing, next(before));
    EXPECT_EQ(heard, (std::vector<Answer>{fault, exception_of(a), fault}));
    ASSERT_EQ(states.size(), 2u);
    EXPECT_EQ(states[0][10], L4_TRAP_TRIGGERED);
    EXPECT_EQ(states[0][12], next(before));
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(Trigger, IsForgottenIfThePagerDoesNotTakeIt) {
    ABI_ROW(exc_pending_not_enabled);
    Triggered t(go_on(), pager_utcb(0));
    t.run(t.busy(), {{.target = raise, .eip = t.there.eip}});
    EXPECT_EQ(t.handler.count(), 0u);
    EXPECT_EQ(t.landing.arrived.size(), 1u);
    EXPECT_EQ(t.w.state(a), For::sleep);
    EXPECT_FALSE(t.w.thread(a).triggered());
}

TEST(Trigger, IsJudgedByTheStatusAtTheTimeOfTheMessage) {
    ABI_ROW(exc_pending_not_enabled);
    World w;
    l4_utcb_t later = pager_utcb();
    w.start(e, [&](User u) -> Program {
        co_await until(u, 2000); // the trigger is pending for 1000 us by now
        co_await u.utcb().store(later);
        const IpcResult m = co_await u.wait();
        EXPECT_EQ(Answer::of(m), exception_of(a));
        co_await u(words_to(m.from));
    });
    w.start(a, [](User u) -> Program { co_await u.sleep(receive_timeout(Micros{4000})); }, {.pager = e});
    w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, 1000);
        co_await u(sim::ExRegs{.target = raise});
    });
    w.run();
    EXPECT_EQ(w.state(a), For::sleep);
    EXPECT_EQ(w.state(e), For::sleep); // its program is over: it has had the message
}

/// An alien's call is over, a trigger has come in its course, and so has the time limit.
TEST(Pending, ComeInTheirOrder) {
    ABI_ROW(exc_pending_order);
    World w;
    Handler handler(
        [](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            utcb.time_limit[0] = 3000;
            utcb.time_limit[1] = 0;
            utcb.status = i == 0 ? L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT : Word{L4_UTCB_EXCEPTIONS};
            return i < 4 ? words_to(m.from(), i == 0 ? L4_EXC_DEALIEN : 0) : Ipc{};
        },
        pager_utcb());
    w.start(e, handler.body());
    w.start(l4_threadid(9, 1), [](User u) -> Program {
        co_await until(u, 2000);
        co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | raise});
    });
    w.start(b, [](User u) -> Program {
        co_await until(u, 5000);
        co_await u.send(a, 7, 8);
    });
    w.start(a,
            [](User u) -> Program {
                co_await until(u, 1000);
                co_await u(sim::ExRegs{.target = L4_EX_REGS_ALIEN});
                co_await u.wait();
                co_await u.compute(1000);
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(handler.count(), 5u); // the last is of its next call
    std::vector<Word> told;
    for (std::size_t i = 1; i < 4; ++i) {
        told.push_back(handler[i].state().trapno);
        EXPECT_EQ(handler[i].at, 5000u);
        EXPECT_EQ(handler[i].state().edx, 7u);
    }
    EXPECT_EQ(told, (std::vector<Word>{L4_TRAP_PROTECTION, L4_TRAP_TRIGGERED, L4_TRAP_TIME}));
    EXPECT_EQ(handler[1].state().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(handler[4].at, 6000u);
}

/// docs/semantics.md 9.13: A is started again after its death, by an EIP, which forgets no trigger.
TEST(Trigger, IsForgottenWhenTheThreadIsKilled) {
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    bool pending = false;
    For refused{};
    IpcResult later;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        const IpcResult fault = co_await u.wait();
        co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | raise});
        pending = w.thread(a).triggered();
        co_await u(words_to(fault.from, ~0u));
        refused = w.state(a);
        co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0), .eip = there.eip});
        later = co_await u.wait(receive_timeout(Micros{1000}));
    });
    w.start(a, [](User u) -> Program { co_await u.load8(0x10000000); }, {.pager = e});
    w.run();
    EXPECT_TRUE(pending);
    EXPECT_EQ(refused, For::dead);
    EXPECT_EQ(later.error(), L4_IPC_RETIMEOUT);
    EXPECT_EQ(landing.arrived.size(), 1u);
}

} // namespace
} // namespace conformance::thesis
