// SPDX-License-Identifier: BSD-2-Clause
// Aliens: threads whose system calls, page faults and breakpoints are exceptions
// (docs/semantics.md 12.6, 12.7).
#include <gtest/gtest.h>

#include "ia32/trap_frame.h"
#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// A is an alien from its first instruction on; E is its pager.  When a program ends it calls the kernel,
/// too, to sleep: that is the last message, and is not answered.
struct Alien {
    World w;
    Handler handler;

    explicit Alien(Handler::Reply reply, const l4_utcb_t& utcb = pager_utcb())
        : handler(std::move(reply), utcb) {}
    void run(sim::Body body, Word flags = L4_TASK_NEW_ALIEN) {
        const sim::Entry entry = w.program(std::move(body));
        w.start(e, handler.body());
        w.as_root(sim::TaskNew{.task = a, .mcp_or_chief = 255 | flags, .eip = entry.eip, .pager = e});
    }
};

constexpr Ipc call_nobody{.partner = l4_threadid(99, 0), .w0 = 0x111, .w1 = 0x222, .send = 0};

TEST(Alien, CallsAreExceptions) {
    ABI_ROW(exc_alien_call);
    static_assert(L4_EXC_ERR_IPC == 0x182);
    for (Word vector = L4_VEC_IPC; vector <= L4_VEC_TASK_NEW; ++vector) {
        arch::Frame before{};
        sim::Regs result;
        Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            if (i == 1) return Ipc{};
            utcb.state.eax = 0x5eed; // the pager's own idea of the call
            return skip(m, utcb);
        });
        const sim::Regs in{.eax = 0, .ebx = 2, .ecx = 3, .edx = 4, .esi = b.low, .edi = 6, .ebp = 7};
        t.run([&](User u) -> Program {
            co_await u.look(before);
            result = co_await u.syscall(vector, in);
        });
        ASSERT_EQ(t.handler.count(), 2u);
        EXPECT_EQ(t.handler[0].answer, exception_of(a));
        const l4_utcb_state_t& s = t.handler[0].state();
        EXPECT_EQ(s.trapno, L4_TRAP_PROTECTION);
        EXPECT_EQ(s.err, vector * 8 + 2);
        EXPECT_EQ(s.eip, next(before));
        EXPECT_EQ(s.eax, in.eax);
        EXPECT_EQ(s.ebp, in.ebp);
        EXPECT_EQ(result.eax, 0x5eedu);
        EXPECT_EQ(result.ebp, in.ebp);
    }
}

TEST(Alien, CallHappensNot) {
    ABI_ROW(exc_alien_call);
    Alien t({});
    Script receiver(ipc::wait_open());
    t.w.start(b, receiver.body());
    t.run([](User u) -> Program { co_await u.send(b, 1, 2); });
    EXPECT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(receiver.returned(), 0u);
}

TEST(Alien, CallIsExecutedOnceAndToldOfAfterwards) {
    ABI_ROW(exc_alien_dealien);
    arch::Frame before{};
    IpcResult first;
    Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        switch (i) {
            case 0: return words_to(m.from(), L4_EXC_DEALIEN);
            case 1: return words_to(m.from());
            case 2: return skip(m, utcb);
            default: return Ipc{};
        }
    });
    t.run([&](User u) -> Program {
        co_await u.look(before);
        first = co_await u(call_nobody);
        co_await u(call_nobody);
    });
    EXPECT_EQ(Answer::of(first), ipc::only(L4_IPC_ENOT_EXISTENT, call_nobody)); // it was executed
    ASSERT_EQ(t.handler.count(), 4u);
    EXPECT_EQ(t.handler[0].state().err, L4_EXC_ERR_IPC);
    EXPECT_EQ(t.handler[0].state().eip, next(before));
    const l4_utcb_state_t& over = t.handler[1].state();
    EXPECT_EQ(over.trapno, L4_TRAP_PROTECTION);
    EXPECT_EQ(over.err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(over.eip, next(before) + sim::instruction_length);
    EXPECT_EQ(over.eax, L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(over.ebx, call_nobody.w1);
    EXPECT_EQ(t.handler[2].state().err, L4_EXC_ERR_IPC); // once only
    EXPECT_EQ(t.handler[3].state().err, L4_EXC_ERR_IPC);
}

/// The answer counts when it comes, not when the thread is made an alien.
TEST(Alien, CallIsNotExecutedForAnAnswerFromBeforeItWasOne) {
    ABI_ROW(exc_dealien_of_no_alien);
    Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state.eip += sim::instruction_length;
        return i == 0 ? with_state(m, utcb, L4_EXC_DEALIEN) : Ipc{};
    });
    t.run(
        [](User u) -> Program {
            co_await u.raise(L4_TRAP_DIVIDE);
            co_await u(sim::ExRegs{.target = L4_EX_REGS_ALIEN});
            co_await u(call_nobody);
        },
        0);
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[0].state().trapno, L4_TRAP_DIVIDE);
    EXPECT_EQ(t.handler[1].state().err, L4_EXC_ERR_IPC);
}

TEST(Alien, CallThatWaitsIsToldOfWhenItIsOver) {
    ABI_ROW(exc_alien_dealien);
    Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t&) {
        return i == 0 ? words_to(m.from(), L4_EXC_DEALIEN) : Ipc{};
    });
    t.w.start(b, [](User u) -> Program {
        co_await until(u, 5000);
        co_await u.send(a, 0xaa, 0xbb);
    });
    t.run([](User u) -> Program { co_await u.wait(); });
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[1].at, 5000u);
    EXPECT_EQ(t.handler[1].state().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(t.handler[1].state().eax, l4_msgdope(2, 0));
    EXPECT_EQ(t.handler[1].state().edx, 0xaau);
    EXPECT_EQ(t.handler[1].state().ebx, 0xbbu);
}

constexpr Word missing = 0x10000000, page = 0x30000000;

TEST(Alien, PageFaultsAreExceptionsAndAnAnswerMaps) {
    ABI_ROW(exc_alien_page_fault);
    arch::Frame before{};
    Word value = 0;
    World w;
    l4_utcb_t seen{};
    IpcResult got, sent;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.store32(page + 4, 0x600d);
        co_await u.utcb().store(mine);
        got = co_await u.wait();
        co_await u.utcb().load(seen);
        sent = co_await u(fpage_to(got.from, missing, l4_fpage(page, L4_PAGE_SHIFT, L4_FP_WRITE)));
    });
    const sim::Entry entry = w.program([&](User u) -> Program {
        co_await u.look(before);
        value = co_await u.load32(missing + 4);
    });
    w.run();
    w.as_root(sim::TaskNew{.task = a, .mcp_or_chief = 255 | L4_TASK_NEW_ALIEN, .eip = entry.eip, .pager = e});
    EXPECT_EQ(Answer::of(got), exception_of(a));
    l4_utcb_state_t expected = state_of(before);
    expected.eip = next(before);
    expected.trapno = L4_TRAP_PAGE_FAULT;
    expected.err = 4;
    expected.pfa = missing + 4;
    EXPECT_EQ(words(seen.state), words(expected));
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(value, 0x600du);
}

TEST(Alien, PageFaultTellsTheErrorCodeAndMinusOneIsNoRefusal) {
    ABI_ROW(exc_alien_page_fault);
    Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        return i == 0 ? words_to(m.from(), L4_PF_REFUSED) : i == 1 ? skip(m, utcb) : Ipc{};
    });
    bool survived = false;
    t.run([&](User u) -> Program {
        co_await u.store8(L4_USER_TOP + 3, 1);
        survived = true;
    });
    ASSERT_EQ(t.handler.count(), 3u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(t.handler[i].state().pfa, L4_USER_TOP + 3);
        EXPECT_EQ(t.handler[i].state().err & 6, 6u); // user, write
    }
    EXPECT_TRUE(survived);
}

TEST(Alien, PageFaultIsAnOrdinaryOneForAPagerWithoutExceptions) {
    ABI_ROW(exc_alien_page_fault);
    Alien t(
        [](std::size_t, const Handler::Message& m, l4_utcb_t&) { return words_to(m.from(), L4_PF_REFUSED); },
        pager_utcb(0));
    t.run([](User u) -> Program { co_await u.load8(missing + 9); });
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].answer.w0, missing + 8);
    EXPECT_EQ(t.w.state(a), For::dead);
}

TEST(Alien, BreakpointsAreExceptions) {
    ABI_ROW(exc_alien_breakpoint);
    for (const Word vector : {L4_TRAP_BREAKPOINT, L4_TRAP_DEBUG}) {
        Alien t({}); // without L4_UTCB_DEBUG
        t.run([=](User u) -> Program { co_await u.raise(vector); });
        ASSERT_EQ(t.handler.count(), 1u);
        EXPECT_EQ(t.handler[0].state().trapno, vector);
    }
}

TEST(Alien, PortsAndEmulatedInstructionsAreExceptions) {
    ABI_ROW(exc_alien_call);
    Alien t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        return i < 2 ? skip(m, utcb) : Ipc{};
    });
    int executed = 0;
    t.run([&](User u) -> Program {
        co_await u.in(0x60);
        ++executed;
        co_await u.cli();
        ++executed;
        co_await u.lidt(0x1000);
    });
    ASSERT_EQ(t.handler.count(), 3u);
    EXPECT_EQ(executed, 2);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(t.handler[i].state().trapno, L4_TRAP_PROTECTION);
        EXPECT_EQ(t.handler[i].state().err, 0u);
    }
}

TEST(Alien, IsKilledByACallThatItsPagerDoesNotTake) {
    ABI_ROW(exc_alien_call);
    Alien t({}, pager_utcb(0));
    t.run([](User u) -> Program { co_await u(call_nobody); });
    EXPECT_EQ(t.handler.count(), 0u);
    EXPECT_EQ(t.w.state(a), For::dead);
}

constexpr l4_threadid_t a1 = l4_threadid(5, 1);

/// A makes its thread 1 an alien that waits in front of its pager, then does that to it.
struct Cleared {
    World w;
    Handler handler;
    Landing landing;
    Cleared(Word flags, bool with_eip) {
        const sim::Entry there = w.program([this](User u) -> Program {
            co_await u(call_nobody);
            co_await u.jump(w.program(landing.body()));
        });
        const sim::Entry alien = w.program([](User u) -> Program { co_await u(call_nobody); });
        w.play({{e, handler.body()},
                {a, [&, alien, there](User u) -> Program {
                     co_await u(
                         sim::ExRegs{.target = 1 | L4_EX_REGS_ALIEN, .esp = 0, .eip = alien.eip, .pager = e});
                     co_await until(u, 1000);
                     EXPECT_EQ(handler.count(), 1u);
                     co_await u(
                         sim::ExRegs{.target = 1 | flags, .eip = with_eip ? there.eip : L4_EX_REGS_KEEP});
                 }}});
    }
};

TEST(Alien, IsNoneAnyMoreAtANewEip) {
    ABI_ROW(exc_alien_cleared);
    Cleared t(0, true);
    EXPECT_EQ(t.handler.count(), 1u);
    ASSERT_EQ(t.landing.arrived.size(), 1u);
    EXPECT_EQ(t.landing.answer().dope, L4_IPC_ENOT_EXISTENT);
    EXPECT_FALSE(t.w.thread(a1).alien());
}

TEST(Alien, RemainsOneWithTheFlagOrWithoutAnEip) {
    ABI_ROW(exc_alien_cleared);
    Cleared with_flag(L4_EX_REGS_ALIEN, true), without_eip(0, false);
    EXPECT_EQ(with_flag.handler.count(), 2u);
    EXPECT_EQ(with_flag.landing.arrived.size(), 0u);
    EXPECT_TRUE(with_flag.w.thread(a1).alien());
    EXPECT_EQ(without_eip.handler.count(), 1u);
    EXPECT_TRUE(without_eip.w.thread(a1).alien());
}

constexpr l4_threadid_t e1 = l4_threadid(9, 1);

/// A's pager gives it that call, this once; thread 1 of the pager's task sends A elsewhere at 5000.
struct Ended {
    Alien t;
    bool ran = false;

    explicit Ended(Handler::Reply reply) : t(std::move(reply)) {}
    void run(sim::Body body, sim::Body elsewhere, bool alien_again) {
        const sim::Entry there = t.w.program(std::move(elsewhere));
        t.w.start(e1, [this, there, alien_again](User u) -> Program {
            co_await until(u, 5000);
            EXPECT_EQ(t.handler.count(), 1u);
            co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0), .eip = there.eip});
            if (alien_again) co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_ALIEN});
            ran = true;
        });
        t.run(std::move(body));
        EXPECT_TRUE(ran);
    }
};

TEST(Alien, IsNotToldOfACallAfterItsEnd) {
    ABI_ROW(exc_alien_cleared);
    Landing landing;
    Ended ended([](std::size_t i, const Handler::Message& m, l4_utcb_t&) {
        return i == 0 ? words_to(m.from(), L4_EXC_DEALIEN) : Ipc{};
    });
    ended.run([](User u) -> Program { co_await u.wait(); }, landing.body(), false);
    EXPECT_EQ(ended.t.handler.count(), 1u); // the wait was executed, and cancelled
    EXPECT_EQ(landing.arrived.size(), 1u);
}

TEST(Alien, HasNoCallLeftFromBeforeItsEnd) {
    ABI_ROW(exc_alien_cleared);
    Ended ended([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state.eip += sim::instruction_length; // it makes another call later
        return i == 0 ? with_state(m, utcb, L4_EXC_DEALIEN) : Ipc{};
    });
    const auto elsewhere = [](User u) -> Program {
        co_await u.compute(1000); // until it is an alien again
        co_await u(call_nobody);
    };
    ended.run(
        [](User u) -> Program {
            co_await u(call_nobody);
            co_await u.compute(20000);
        },
        elsewhere, true);
    ASSERT_EQ(ended.t.handler.count(), 2u);
    EXPECT_EQ(ended.t.handler[1].state().err, L4_EXC_ERR_IPC);
}

TEST(TaskNew, StartsAnAlien) {
    ABI_ROW(exc_task_new_flags);
    Alien t({});
    t.run([](User u) -> Program { co_await u(call_nobody); });
    EXPECT_EQ(t.handler.count(), 1u);
    Alien other({});
    IpcResult result;
    other.run([&](User u) -> Program { result = co_await u(call_nobody); }, 0);
    EXPECT_EQ(other.handler.count(), 0u);
    EXPECT_EQ(result.dope, L4_IPC_ENOT_EXISTENT);
}

TEST(TaskNew, StartsWithAnException) {
    ABI_ROW(exc_task_new_flags);
    sim::Entry entry{};
    Landing landing;
    Alien t([](std::size_t, const Handler::Message& m, l4_utcb_t&) { return words_to(m.from()); });
    entry = t.w.program(landing.body());
    t.w.play({{e, t.handler.body()}});
    t.w.as_root(sim::TaskNew{.task = a,
                             .mcp_or_chief = 255 | L4_TASK_NEW_RAISE_EXCEPTION,
                             .esp = 0x1234,
                             .eip = entry.eip,
                             .pager = e});
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].answer, exception_of(a));
    Words expected{};
    expected[0] = gs_of_utcb;
    expected[10] = L4_TRAP_TRIGGERED;
    expected[12] = entry.eip; // before its first instruction
    expected[13] = ia32::user_cs;
    expected[14] = 0x202;
    expected[15] = 0x1234;
    EXPECT_EQ(words(t.handler[0].state()), expected);
    EXPECT_EQ(landing.arrived.size(), 1u);
}

} // namespace
} // namespace conformance::thesis
