// SPDX-License-Identifier: BSD-2-Clause
// Exceptions that the thread itself handles, through the table that it has given with lidt
// (docs/semantics.md 12.3, 17.2).
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "ia32/trap_frame.h"
#include "test/conformance/ipc/support/pager.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

constexpr Word table = 0x10000800, operand = 0x10000000, stack_top = 0x20000800;

/// Stores a table with this one gate, and loads it.
sim::Routine<int> install(User u, Word vector, Word handler, Word limit, Word base = table) {
    co_await u.store32(base + 8 * vector, (handler & 0xffff) | 0x1b0000);
    co_await u.store32(base + 8 * vector + 4, (handler & 0xffff0000) | 0xef00);
    co_await u.store32(operand, limit | base << 16);
    co_await u.store32(operand + 4, base >> 16);
    co_await u.lidt(operand);
    co_return 0;
}

/// A installs a table and traps; its handler looks at its registers and the stack, and goes back behind the
/// trap.
struct Reflected {
    World w;
    arch::Frame before{}, there{}, after{};
    std::vector<Word> stack; ///< from the top of the handler's stack
    Word vector = 0, error = 0, limit = 0x7ff, flags = 0, esp = stack_top;
    Word touched = stack_top - 4; ///< by the program before the trap; 0: nothing of the stack

    void run(l4_threadid_t pager = root) {
        const sim::Entry handler = w.program([this](User u) { return handle(u); });
        w.start(a,
                [this, handler](User u) -> Program {
                    co_await install(u, vector, handler.eip, limit);
                    if (touched != 0) co_await u.store32(touched, 0);
                    arch::Frame mine = registers(0x11110000);
                    mine.esp = esp;
                    mine.eflags |= flags;
                    co_await u.assume(mine);
                    co_await u.look(before);
                    co_await u.raise(vector, error);
                    co_await u.look(after);
                },
                {.pager = pager});
        w.run();
    }
    bool reached() const { return there.eip != 0; }
    Word words_pushed() const { return (esp - there.esp) / 4; }

private:
    Program handle(User u) {
        co_await u.look(there);
        for (Word at = there.esp; at < esp && stack.size() < 8; at += 4)
            stack.push_back(co_await u.load32(at));
        const std::size_t eip = stack.size() == 4 ? 1 : 0;
        arch::Frame mine = there; // iret
        mine.esp = esp;
        co_await u.assume(mine);
        co_await u.jump({stack.at(eip) + sim::instruction_length});
    }
};

TEST(Reflection, GoesToTheTablesHandlerAndBack) {
    ABI_ROW(exc_lidt_reflection);
    Reflected r;
    r.vector = L4_TRAP_DIVIDE;
    r.run();
    ASSERT_TRUE(r.reached());
    EXPECT_EQ(r.stack, (std::vector<Word>{next(r.before), ia32::user_cs, r.before.eflags}));
    Words expected = words(state_of(r.before));
    expected[12] = r.there.eip;
    expected[15] = stack_top - 12;
    EXPECT_EQ(words(state_of(r.there)), expected);
    EXPECT_EQ(r.after.eip, next(r.before) + sim::instruction_length);
    EXPECT_EQ(r.after.esp, stack_top);
}

TEST(Reflection, PushesTheErrorCodeOfThoseThatHaveOne) {
    ABI_ROW(exc_lidt_reflection_with_error);
    for (const Word vector : {8u, 10u, 11u, 12u, 13u, 17u}) {
        Reflected r;
        r.vector = vector;
        r.error = 0x4320 + vector;
        r.run();
        ASSERT_TRUE(r.reached()) << vector;
        EXPECT_EQ(r.stack, (std::vector<Word>{r.error, next(r.before), ia32::user_cs, r.before.eflags}))
            << vector;
    }
}

TEST(Reflection, OfAnInt) {
    ABI_ROW(exc_lidt_reflection_with_error);
    World w;
    std::vector<Word> stack;
    const sim::Entry handler = w.program([&](User u) -> Program {
        arch::Frame there{};
        co_await u.look(there);
        for (Word i = 0; i < 4; ++i) stack.push_back(co_await u.load32(there.esp + 4 * i));
    });
    w.play({{a, [&](User u) -> Program {
                 co_await install(u, L4_TRAP_PROTECTION, handler.eip, 0x7ff);
                 co_await u.store32(stack_top - 4, 0);
                 arch::Frame mine{};
                 mine.esp = stack_top;
                 co_await u.assume(mine);
                 co_await u.syscall(0x80, {});
             }}});
    ASSERT_EQ(stack.size(), 4u);
    EXPECT_EQ(stack[0], L4_EXC_ERR_INT80);
}

TEST(Reflection, ClearsTheTrapFlagForTheHandler) {
    ABI_ROW(exc_lidt_reflection);
    World w;
    arch::Frame there{};
    Word pushed = 0;
    const sim::Entry handler = w.program([&](User u) -> Program {
        co_await u.look(there);
        pushed = co_await u.load32(there.esp + 8);
    });
    w.play({{a, [&](User u) -> Program {
                 co_await install(u, L4_TRAP_DEBUG, handler.eip, 0x7ff);
                 co_await u.store32(stack_top - 4, 0);
                 arch::Frame mine{};
                 mine.esp = stack_top;
                 mine.eflags = 0x302;
                 co_await u.assume(mine);
                 co_await u.compute(1); // the step that traps
             }}});
    EXPECT_EQ(there.eflags & 0x100, 0u);
    EXPECT_NE(pushed & 0x100, 0u);
}

TEST(Reflection, DoesNotComeBeforeAnExceptionMessage) {
    ABI_ROW(exc_lidt_reflection);
    World w;
    Landing landing;
    const sim::Entry handler = w.program(landing.body());
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await until(u, 1000);
        co_await u.utcb().store(mine);
        const IpcResult m = co_await u.wait();
        EXPECT_EQ(Answer::of(m), exception_of(a));
    });
    w.start(a, [&](User u) -> Program {
        co_await install(u, L4_TRAP_DIVIDE, handler.eip, 0x7ff);
        co_await u(sim::ExRegs{.pager = e});
        co_await until(u, 2000);
        co_await u.raise(L4_TRAP_DIVIDE);
    });
    w.run();
    EXPECT_TRUE(landing.arrived.empty());
    EXPECT_EQ(w.state(a), For::receive);
}

TEST(Reflection, WithoutAStackIsAPageFaultThere) {
    ABI_ROW(exc_lidt_reflection_with_error);
    ipc::Pager pager({ipc::Pager::Reply::map});
    Reflected r;
    r.vector = L4_TRAP_PROTECTION;
    r.touched = 0;
    r.w.start(e, pager.body());
    r.run(e);
    ASSERT_TRUE(r.reached());
    EXPECT_EQ(r.words_pushed(), 4u);
    ASSERT_EQ(pager.messages.size(), 2u); // the table; the stack
    EXPECT_EQ(pager.messages[1], ipc::message(a, (stack_top - 4) | L4_PF_WRITE, next(r.before)));
}

TEST(Reflection, WithHalfAStackPushesNothingBeforeAllIsThere) {
    ABI_ROW(exc_lidt_reflection_with_error);
    ipc::Pager pager({ipc::Pager::Reply::map});
    Reflected r;
    r.vector = L4_TRAP_DIVIDE;
    r.touched = 0;
    r.esp = 0x20001006; // the first word lies above the border, the second across it
    r.w.start(e, pager.body());
    r.run(e);
    ASSERT_TRUE(r.reached());
    ASSERT_EQ(pager.messages.size(), 3u);
    EXPECT_EQ(pager.messages[1], ipc::message(a, 0x20001000 | L4_PF_WRITE, next(r.before)));
    EXPECT_EQ(pager.messages[2], ipc::message(a, 0x20000ffc | L4_PF_WRITE, next(r.before)));
    EXPECT_EQ(r.stack.at(0), next(r.before));
}

TEST(Reflection, WithTheUpperHalfOfAWordMissingPushesNothingBeforeItIsThere) {
    ABI_ROW(exc_lidt_reflection_with_error);
    ipc::Pager pager({ipc::Pager::Reply::map});
    Reflected r;
    r.vector = L4_TRAP_DIVIDE;
    r.esp = 0x20001002; // the first word lies across the border
    r.touched = 0x20000000;
    r.w.start(e, pager.body());
    r.run(e);
    ASSERT_TRUE(r.reached());
    ASSERT_EQ(pager.messages.size(), 3u); // the table; the lower page, by the program; the upper one
    EXPECT_EQ(pager.messages[2], ipc::message(a, 0x20001000 | L4_PF_WRITE, next(r.before)));
    EXPECT_EQ(r.stack, (std::vector<Word>{next(r.before), ia32::user_cs, r.before.eflags}));
}

TEST(Reflection, ToATableThatIsNotThereIsAPageFaultThere) {
    ABI_ROW(exc_lidt_reflection_with_error);
    constexpr Word far_table = 0x30000000;
    ipc::Pager pager({ipc::Pager::Reply::map, ipc::Pager::Reply::refuse});
    World w;
    arch::Frame before{};
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await u.store32(operand, 0x7ff);
                co_await u.store32(operand + 2, far_table);
                co_await u.lidt(operand);
                co_await u.look(before);
                co_await u.raise(L4_TRAP_INVALID_OP);
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(pager.messages.size(), 2u);
    EXPECT_EQ(pager.messages[1], ipc::message(a, far_table + 8 * L4_TRAP_INVALID_OP, next(before)));
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(Reflection, BeyondTheTablesEndKills) {
    ABI_ROW(exc_lidt_reflection_with_error);
    for (const Word vector : {L4_TRAP_DIVIDE, L4_TRAP_PROTECTION}) {
        for (const bool enough : {false, true}) {
            Reflected r;
            r.vector = vector;
            r.limit = 8 * vector + (enough ? 7 : 6);
            r.run();
            EXPECT_EQ(r.reached(), enough) << vector;
            EXPECT_EQ(r.w.state(a) == For::dead, !enough) << vector;
        }
    }
}

/// Its upper half is stored first, so its page's frame does not lie behind the lower one's.
TEST(Reflection, ThroughAGateAcrossPages) {
    ABI_ROW(exc_lidt_reflection);
    constexpr Word border = 0x10002000;
    for (const Word above : {0u, 1u, 3u, 4u, 7u, 8u}) {
        World w;
        ipc::Landing landing;
        const sim::Entry handler = w.program(landing.body());
        const Word gate = border - 8 + above;
        w.start(a, [&](User u) -> Program {
            const Word gate_words[] = {(handler.eip & 0xffff) | 0x1b0000,
                                       (handler.eip & 0xffff0000) | 0xef00};
            for (Word i = 8; i-- > 0;) co_await u.store8(gate + i, gate_words[i / 4] >> 8 * (i % 4) & 0xff);
            const Word base = gate - 8 * L4_TRAP_DIVIDE;
            co_await u.store32(operand, 0x7ff | base << 16);
            co_await u.store32(operand + 4, base >> 16);
            co_await u.lidt(operand);
            arch::Frame mine{};
            mine.esp = stack_top;
            co_await u.assume(mine);
            co_await u.store32(stack_top - 4, 0);
            co_await u.raise(L4_TRAP_DIVIDE);
        });
        w.run();
        EXPECT_FALSE(landing.arrived.empty()) << above;
    }
}

TEST(Reflection, ThroughAGateWithoutAnAddressKills) {
    ABI_ROW(exc_lidt_reflection_with_error);
    World w;
    w.play({{a, [&](User u) -> Program {
                 co_await install(u, L4_TRAP_DIVIDE, 0, 0x7ff);
                 co_await u.raise(L4_TRAP_DIVIDE);
             }}});
    EXPECT_EQ(w.state(a), For::dead);
}

/// A's pager E gives pages; A traps with none for its stack.
struct WithoutStack {
    World w;
    ipc::Pager pager;
    arch::Frame before{}, there{};
    Word pushed = 0; ///< EIP
    int instructions = 0;

    explicit WithoutStack(std::vector<ipc::Pager::Reply> replies, Time delay = 0)
        : pager(std::move(replies), delay) {}
    void run(Word vector, Word flags) {
        const sim::Entry handler = w.program([this](User u) -> Program {
            co_await u.look(there);
            pushed = co_await u.load32(there.esp);
        });
        w.start(e, pager.body());
        w.start(a,
                [this, handler, vector, flags](User u) -> Program {
                    co_await install(u, vector, handler.eip, 0x7ff);
                    arch::Frame mine = registers(0x11110000);
                    mine.esp = stack_top;
                    mine.eflags |= flags;
                    co_await u.assume(mine);
                    if (flags == 0) co_await u.look(before);
                    if (flags == 0) co_await u.raise(vector);
                    for (; instructions < 5; ++instructions) co_await u.compute(1);
                },
                {.pager = e});
        w.run();
    }
};

/// Their instruction is over: they can not come again by themselves.
TEST(Reflection, OfATrapWithoutAStackComesAfterThePageFault) {
    ABI_ROW(exc_lidt_reflection);
    for (const Word vector : {L4_TRAP_DEBUG, L4_TRAP_BREAKPOINT, L4_TRAP_OVERFLOW}) {
        WithoutStack t({ipc::Pager::Reply::map, ipc::Pager::Reply::words, ipc::Pager::Reply::map});
        t.run(vector, 0);
        EXPECT_EQ(t.pager.messages.size(), 3u) << "the table, twice the stack";
        EXPECT_EQ(t.there.esp, stack_top - 12) << vector;
        const bool behind = vector != L4_TRAP_DEBUG; // a program that raises that one stays where it is
        EXPECT_EQ(t.pushed, next(t.before) + (behind ? sim::instruction_length : 0)) << vector;
        EXPECT_EQ(t.instructions, 0) << vector;
    }
}

TEST(Reflection, OfASingleStepWithoutAStackComesBeforeTheNextInstruction) {
    ABI_ROW(exc_lidt_reflection);
    WithoutStack t({ipc::Pager::Reply::map});
    t.run(L4_TRAP_DEBUG, ia32::eflags_trap);
    EXPECT_EQ(t.there.esp, stack_top - 12);
    EXPECT_EQ(t.instructions, 0);
}

/// While A's breakpoint waits for its stack, A's other thread sends A elsewhere.
TEST(Reflection, ThatIsPendingIsForgottenWhenTheThreadIsSentElsewhere) {
    ABI_ROW(exc_lidt_reflection);
    for (const Word flags : {Word{0}, Word{L4_EX_REGS_NO_CANCEL}}) {
        WithoutStack t({ipc::Pager::Reply::map}, 1000);
        ipc::Landing landing;
        const sim::Entry elsewhere = t.w.program(landing.body());
        t.w.start(l4_threadid(5, 1), ipc::ex_regs_at(1500, 0, elsewhere, flags));
        t.run(L4_TRAP_BREAKPOINT, 0);
        EXPECT_EQ(landing.arrived.empty(), flags != 0);
        EXPECT_EQ(t.pushed, flags != 0 ? elsewhere.eip : 0);
        EXPECT_EQ(t.w.thread(a).reflection(), 0u);
    }
}

/// A is stopped meanwhile: the breakpoint comes when A goes on, wherever that is.
TEST(Reflection, ThatIsPendingComesAfterAStop) {
    ABI_ROW(exc_lidt_reflection);
    WithoutStack t({ipc::Pager::Reply::map}, 1000);
    const sim::Entry elsewhere = t.w.program([](User) -> Program { co_return; });
    t.w.start(l4_threadid(5, 1), [eip = elsewhere.eip](User u) -> Program {
        co_await until(u, 1500);
        co_await u(sim::ExRegs{.target = L4_EX_REGS_STOP});
        co_await until(u, 3000);
        co_await u(sim::ExRegs{.target = L4_EX_REGS_NO_CANCEL, .eip = eip});
    });
    t.run(L4_TRAP_BREAKPOINT, 0);
    EXPECT_EQ(t.pushed, elsewhere.eip);
    EXPECT_EQ(t.instructions, 0);
}

/// The same by state alone: A goes on behind its breakpoint.
TEST(Reflection, ThatIsPendingIsForgottenWhenStateIsSet) {
    ABI_ROW(exc_lidt_reflection);
    WithoutStack t({ipc::Pager::Reply::map}, 1000);
    t.w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, 1500);
        co_await u(sim::ExRegs{.target = L4_EX_REGS_STATE_SET}); // of no word
    });
    t.run(L4_TRAP_BREAKPOINT, 0);
    EXPECT_EQ(t.there.esp, 0u) << "the handler ran";
    EXPECT_EQ(t.instructions, 5);
}

TEST(Lidt, ReadsItsOperandThroughThePager) {
    ABI_ROW(exc_lidt_reflection);
    ipc::Pager pager({ipc::Pager::Reply::map});
    World w;
    arch::Frame before{}, after{};
    constexpr Word across = 0x10000ffd;
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await u.look(before);
                co_await u.lidt(across);
                co_await u.look(after);
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(pager.messages.size(), 2u);
    EXPECT_EQ(pager.messages[0], ipc::message(a, across & ~3u, next(before)));
    EXPECT_EQ(pager.messages[1], ipc::message(a, 0x10001000, next(before)));
    EXPECT_EQ(after.eip, next(before) + 3);
    const ipc::Bytes low = ipc::Pager::contents(0), high = ipc::Pager::contents(1);
    const auto byte = [](std::byte b) { return std::to_integer<Word>(b); };
    EXPECT_EQ(w.thread(a).idt_limit(), byte(low[0xffd]) | byte(low[0xffe]) << 8);
    EXPECT_EQ(w.thread(a).idt_base(),
              byte(low[0xfff]) | byte(high[0]) << 8 | byte(high[1]) << 16 | byte(high[2]) << 24);
}

} // namespace
} // namespace conformance::thesis
