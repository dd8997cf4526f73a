// SPDX-License-Identifier: BSD-2-Clause
// Exceptions as messages: when they are sent, and with what (docs/semantics.md 12.1, 12.2, 12.4).
#include <gtest/gtest.h>

#include <cstring>

#include "ia32/emulated.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// A, with registers of its own, executes something that traps; E is its pager.
struct Trapping {
    World w;
    Handler handler;
    arch::Frame before{}, after{};
    bool survived = false;

    explicit Trapping(Handler::Reply reply = skipping(), const l4_utcb_t& utcb = pager_utcb())
        : handler(std::move(reply), utcb) {}
    void run(std::function<sim::Do(User)> trap) {
        w.play({{e, handler.body()}, {a, program(std::move(trap)), {.pager = e}}});
    }
    sim::Body program(std::function<sim::Do(User)> trap) {
        return [this, trap](User u) -> Program {
            arch::Frame mine = registers(0x11110000);
            co_await u.assume(mine);
            co_await u.look(before);
            co_await trap(u);
            co_await u.look(after);
            survived = true;
        };
    }
    /// What the handler is told of a trap at the instruction behind the look.
    Words expected(Word trapno, Word error, Word eip_behind = 0) const {
        l4_utcb_state_t s = state_of(before);
        s.eip = next(before) + eip_behind;
        s.trapno = trapno;
        s.err = error;
        return words(s);
    }
};

sim::Do undefined(User u) { return u.raise(L4_TRAP_INVALID_OP); }

TEST(Exception, IsAMessageWithTheRegisters) {
    ABI_ROW(exc_message);
    Trapping t;
    t.run(undefined);
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(t.handler[0].answer, exception_of(a));
    EXPECT_EQ(words(t.handler[0].state()), t.expected(L4_TRAP_INVALID_OP, 0));
    EXPECT_EQ(t.before.gs, gs_of_utcb);
    EXPECT_TRUE(t.survived);
}

TEST(Exception, OfEveryVectorIsAMessageWithItsErrorCode) {
    ABI_ROW(exc_message);
    for (const Word vector : {0u, 4u, 5u, 6u, 7u, 8u, 10u, 11u, 12u, 13u, 16u, 17u, 19u}) {
        const Word error = ia32::has_error_code(vector) ? 0x12340 + vector : 0;
        const Word behind = vector == L4_TRAP_OVERFLOW ? sim::instruction_length : 0;
        Trapping t([&](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
            return skip(m, utcb, sim::instruction_length - behind);
        });
        t.run([&](User u) { return u.raise(vector, error); });
        ASSERT_EQ(t.handler.count(), 1u) << vector;
        EXPECT_EQ(words(t.handler[0].state()), t.expected(vector, error, behind)) << vector;
        EXPECT_TRUE(t.survived) << vector;
    }
}

TEST(Exception, ComesAgainWhenTheInstructionIsExecutedAgain) {
    ABI_ROW(exc_message);
    Trapping t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        return i < 3 ? words_to(m.from()) : skip(m, utcb);
    });
    t.run(undefined);
    ASSERT_EQ(t.handler.count(), 4u);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(words(t.handler[i].state()), words(t.handler[0].state()));
    EXPECT_TRUE(t.survived);
}

TEST(Exception, WaitsInThePagersQueue) {
    ABI_ROW(exc_message);
    World w;
    Words seen{};
    arch::Frame before{};
    IpcResult got;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        co_await until(u, 1000);
        EXPECT_EQ(w.state(a), For::send);
        got = co_await u.wait();
        EXPECT_EQ(w.state(a), For::receive);
        co_await u.utcb().load(mine);
        seen = words(mine.state);
    });
    w.start(a,
            [&](User u) -> Program {
                co_await u.look(before);
                co_await u.raise(L4_TRAP_DIVIDE);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(Answer::of(got), exception_of(a));
    EXPECT_EQ(seen[12], next(before));
    EXPECT_EQ(seen[10], L4_TRAP_DIVIDE);
}

TEST(Exception, OfIntIsAProtectionFaultWithTheVector) {
    ABI_ROW(exc_int80);
    static_assert(L4_EXC_ERR_INT80 == 0x402);
    for (const Word vector : {0x80u, 0x2fu, 0x37u, 0u, 0xffu}) {
        Trapping t;
        t.w.play({{e, t.handler.body()},
                  {a,
                   [&](User u) -> Program {
                       co_await u.look(t.before);
                       co_await u.syscall(vector, {.eax = 1, .ebx = 2, .ebp = 3});
                       t.survived = true;
                   },
                   {.pager = e}}});
        ASSERT_EQ(t.handler.count(), 1u);
        const l4_utcb_state_t& s = t.handler[0].state();
        EXPECT_EQ(s.trapno, L4_TRAP_PROTECTION);
        EXPECT_EQ(s.err, vector * 8 + 2);
        EXPECT_EQ(s.eip, next(t.before)); // at the int
        EXPECT_EQ(s.eax, 1u);
        EXPECT_EQ(s.ebx, 2u);
        EXPECT_EQ(s.ebp, 3u);
        EXPECT_TRUE(t.survived);
    }
}

TEST(Exception, KillsWhenThePagerDoesNotAskForIt) {
    ABI_ROW(exc_not_enabled);
    for (const Word status : {0u, ~Word{L4_UTCB_EXCEPTIONS}}) {
        Trapping t(skipping(), pager_utcb(status));
        t.run(undefined);
        EXPECT_EQ(t.handler.count(), 0u);
        EXPECT_FALSE(t.survived);
        EXPECT_EQ(t.w.state(a), For::dead);
    }
}

TEST(Exception, KillsWithoutAPager) {
    ABI_ROW(exc_not_enabled);
    for (const l4_threadid_t pager : {l4_threadid(99, 0), l4_threadid(9, 1), l4_irq_id(3), l4_invalid_id()}) {
        World w;
        w.play({{e, sim::park},
                {a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = pager}}});
        EXPECT_EQ(w.state(a), For::dead);
    }
}

TEST(Exception, GoesToThePagerThatIsSetWhenItHappens) {
    ABI_ROW(exc_message);
    World w;
    Handler first(skipping()), second(skipping());
    w.play({{d, second.body()},
            {e, first.body()},
            {a,
             [](User u) -> Program {
                 co_await u.raise(L4_TRAP_DIVIDE);
                 co_await u(sim::ExRegs{.pager = d});
                 co_await u.raise(L4_TRAP_BOUND);
             },
             {.pager = e}}});
    ASSERT_EQ(first.count(), 1u);
    ASSERT_EQ(second.count(), 1u);
    EXPECT_EQ(first[0].state().trapno, L4_TRAP_DIVIDE);
    EXPECT_EQ(second[0].state().trapno, L4_TRAP_BOUND);
}

TEST(Exception, OfAThreadWithPriorityIsToldOverAndOverWithoutLoss) {
    ABI_ROW(exc_message);
    constexpr Word rounds = 500;
    World w;
    Handler handler(skipping());
    Word done = 0;
    w.play({{e, handler.body()},
            {a,
             [&](User u) -> Program {
                 co_await until(u, 100); // E is ready for it
                 for (; done < rounds; ++done) co_await u.raise(L4_TRAP_DIVIDE);
             },
             {.prio = 100, .pager = e}}});
    EXPECT_EQ(done, rounds);
    EXPECT_EQ(handler.count(), rounds);
}

/// Thread 1 of sigma0, whose pager takes exceptions, does something after 1000; then A divides by zero, of
/// which the pager is told.
struct InSigma0 {
    static constexpr l4_threadid_t thread = l4_threadid(L4_TASK_SIGMA0, 1);
    World w;
    Handler handler{skipping()};
    bool came = false, survived = false;

    explicit InSigma0(std::function<sim::Routine<int>(User)> trap)
        : w(ipc::with_sigma0_thread([this, trap](User u) -> Program {
              co_await until(u, 1000);
              co_await u(sim::ExRegs{.target = 1, .pager = e});
              came = true;
              co_await trap(u);
              survived = true;
          })) {
        w.play({{e, handler.body()},
                {a,
                 [](User u) -> Program {
                     co_await until(u, 2000);
                     co_await u.raise(L4_TRAP_DIVIDE);
                 },
                 {.pager = e}}});
        EXPECT_TRUE(came);
        EXPECT_FALSE(survived);
        EXPECT_EQ(w.state(thread), For::dead);
        EXPECT_EQ(handler.count(), 1u);
        for (const Handler::Message& m : handler.messages) EXPECT_EQ(m.answer, exception_of(a));
    }
};

TEST(Exception, KillsAThreadOfSigma0) {
    ABI_ROW(exc_of_sigma0);
    for (const Word vector : {L4_TRAP_DIVIDE, L4_TRAP_INVALID_OP, L4_TRAP_PROTECTION})
        InSigma0([=](User u) -> sim::Routine<int> {
            co_await u.raise(vector);
            co_return 0;
        });
}

TEST(Exception, OfSigma0IsNotReflected) {
    ABI_ROW(exc_of_sigma0);
    bool reflected = false;
    InSigma0([&](User u) -> sim::Routine<int> {
        constexpr Word operand = 0x700000, table = operand + 0x100, stack = operand + 0x800;
        const sim::Entry handler = u.world().program([&](User) -> Program {
            reflected = true;
            co_return;
        });
        co_await u.store32(operand, 0xff | (table & 0xffff) << 16);
        co_await u.store32(operand + 4, table >> 16);
        co_await u.store32(table, handler.eip & 0xffff);
        co_await u.store32(table + 4, handler.eip & 0xffff0000);
        co_await u.lidt(operand);
        arch::Frame mine{};
        mine.esp = stack;
        co_await u.assume(mine);
        co_await u(sim::ExRegs{.target = 1, .pager = root}); // which takes none
        co_await u.raise(L4_TRAP_DIVIDE);
        co_return 0;
    });
    EXPECT_FALSE(reflected);
}

TEST(Exception, IsTheDeathOfAnAlienOfSigma0ThatCallsTheKernel) {
    ABI_ROW(exc_of_sigma0);
    InSigma0([](User u) -> sim::Routine<int> {
        co_await u(sim::ExRegs{.target = 1 | L4_EX_REGS_ALIEN});
        co_await u.send(e, 1, 2);
        co_return 0;
    });
}

TEST(Breakpoint, IsTheDebuggersUnlessAskedFor) {
    ABI_ROW(exc_breakpoint_not_asked_for);
    for (const Word vector : {L4_TRAP_BREAKPOINT, L4_TRAP_DEBUG}) {
        Trapping t; // without L4_UTCB_DEBUG
        t.run([&](User u) { return u.raise(vector); });
        EXPECT_EQ(t.handler.count(), 0u);
        EXPECT_EQ(t.w.state(a), For::dead);
    }
}

TEST(Breakpoint, IsAMessageWhenAskedFor) {
    ABI_ROW(exc_debug_asked_for);
    Trapping t(go_on(), pager_utcb(L4_UTCB_EXCEPTIONS | L4_UTCB_DEBUG));
    t.run([](User u) { return u.raise(L4_TRAP_BREAKPOINT); });
    ASSERT_EQ(t.handler.count(), 1u);
    EXPECT_EQ(words(t.handler[0].state()), t.expected(L4_TRAP_BREAKPOINT, 0, sim::instruction_length));
    EXPECT_TRUE(t.survived);
}

TEST(SingleStep, IsAMessageAfterEachInstruction) {
    ABI_ROW(exc_debug_asked_for);
    constexpr Word trap_flag = 1u << 8;
    // The breakpoint's answer sets TF; that after the third step clears it.
    Trapping t(
        [](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            if (i == 0) utcb.state.eflags |= trap_flag;
            if (i == 3) utcb.state.eflags &= ~trap_flag;
            return with_state(m, utcb);
        },
        pager_utcb(L4_UTCB_EXCEPTIONS | L4_UTCB_DEBUG));
    t.w.play({{e, t.handler.body()},
              {a,
               [&](User u) -> Program {
                   co_await u.look(t.before);
                   co_await u.raise(L4_TRAP_BREAKPOINT);
                   co_await u.compute(5);
                   co_await u.load32(L4_UTCB_AREA);
                   co_await u.compute(5);
                   co_await u.compute(5);
                   co_await u.compute(5);
                   t.survived = true;
               },
               {.pager = e}}});
    ASSERT_EQ(t.handler.count(), 4u);
    for (Word i = 1; i < 4; ++i) {
        EXPECT_EQ(t.handler[i].state().trapno, L4_TRAP_DEBUG);
        EXPECT_EQ(t.handler[i].state().eip, next(t.before) + (1 + i) * sim::instruction_length);
        EXPECT_NE(t.handler[i].state().eflags & trap_flag, 0u);
    }
    EXPECT_TRUE(t.survived);
}

/// A pager's UTCB that takes `size` words and holds others.
l4_utcb_t utcb_for(Word size) {
    l4_utcb_t mine = pager_utcb(L4_UTCB_EXCEPTIONS, size);
    mine.state = state_of(pattern(0xa0a0a0a0));
    mine.map_count = 0x77;
    for (Word& word : mine.reserved) word = 0x99;
    return mine;
}
constexpr Word sizes[] = {3, 0, 1000, ~0u};

/// It holds `size` words of what was told, and what it held.
void expect_limited(const l4_utcb_t& now, Word size, const Words& told) {
    const l4_utcb_t mine = utcb_for(size);
    const Words had = words(mine.state), got = words(now.state);
    for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) EXPECT_EQ(got[i], i < size ? told[i] : had[i]) << i;
    l4_utcb_t rest = now;
    rest.state = mine.state;
    EXPECT_EQ(std::memcmp(&rest, &mine, sizeof rest), 0);
}

TEST(ExceptionState, IsLimitedByThePagersSize) {
    ABI_ROW(exc_state_limited_by_pager);
    for (const Word size : sizes) {
        Trapping t({}, utcb_for(size)); // no answer
        t.run(undefined);
        ASSERT_EQ(t.handler.count(), 1u);
        expect_limited(t.handler[0].utcb, size, t.expected(L4_TRAP_INVALID_OP, 0));
    }
}

TEST(ExceptionState, IsLimitedByTheSizeOfAPagerThatWasBusy) {
    ABI_ROW(exc_state_limited_by_pager);
    for (const Word size : sizes) {
        Trapping t;
        l4_utcb_t after{};
        t.w.start(e, [&](User u) -> Program {
            l4_utcb_t mine = utcb_for(size);
            co_await u.utcb().store(mine);
            co_await until(u, 1000);
            EXPECT_EQ(t.w.state(a), For::send);
            co_await u.wait();
            co_await u.utcb().load(after);
        });
        t.w.start(a, t.program(undefined), {.pager = e});
        t.w.run();
        expect_limited(after, size, t.expected(L4_TRAP_INVALID_OP, 0));
    }
}

TEST(ExceptionState, DoesNotDependOnTheUtcbOfTheThread) {
    ABI_ROW(exc_message);
    World w;
    Handler handler(skipping());
    l4_utcb_t mine{}, after{};
    mine.state = state_of(pattern(0x50505050));
    mine.snd_size = 2;
    mine.rcv_size = 1;
    w.play({{e, handler.body()},
            {a,
             [&](User u) -> Program {
                 co_await u.utcb().store(mine);
                 arch::Frame r = registers(0x22220000);
                 co_await u.assume(r);
                 co_await u.raise(L4_TRAP_DIVIDE);
                 co_await u.utcb().load(after);
             },
             {.pager = e}}});
    ASSERT_EQ(handler.count(), 1u);
    EXPECT_EQ(handler[0].state().eax, 0x22220000u);
    EXPECT_EQ(handler[0].state().esp, 0x22220007u);
    EXPECT_EQ(std::memcmp(&mine, &after, sizeof mine), 0);
}

} // namespace
} // namespace conformance::thesis
