// SPDX-License-Identifier: BSD-2-Clause
// What a reflected exception pushes, wherever the stack ends (docs/semantics.md 12.3), and what comes after
// it (12.5).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/ipc/support/pager.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word table = 0x10000800, operand = 0x10000000, stack = 0x20001000, size = 0x1000;

/// A table with this one gate.
sim::Routine<int> install(User u, Word vector, Word handler) {
    co_await u.store32(table + 8 * vector, (handler & 0xffff) | 0x1b0000);
    co_await u.store32(table + 8 * vector + 4, (handler & 0xffff0000) | 0xef00);
    co_await u.store32(operand, 0x7ff | table << 16);
    co_await u.store32(operand + 4, table >> 16);
    co_await u.lidt(operand);
    co_return 0;
}

/// A, whose pager is root until then, has pages of 0xee for its stack; then it traps, with pager E.
struct Pushed {
    World w;
    ipc::Pager pager{{ipc::Pager::Reply::none}};
    arch::Frame before{}, there{};
    std::vector<Word> words;                      ///< from the handler's ESP up to the program's
    std::vector<Word> pages{stack, stack - size}; ///< that are there; frames lie the other way round
    Word read_only = 0;                           ///< one of them

    void run(Word vector, Word esp, Word error = 0) {
        const sim::Entry handler = w.program([this, esp](User u) -> Program {
            co_await u.look(there);
            for (Word at = there.esp; at != esp && words.size() < 8; at += 4)
                words.push_back(co_await u.load32(at));
        });
        w.start(e, pager.body());
        w.start(a, [this, handler, vector, esp, error](User u) -> Program {
            co_await install(u, vector, handler.eip);
            for (const Word page : pages) {
                ipc::Bytes bytes(size, std::byte{0xee});
                co_await u.store_block(page, bytes.data(), size);
            }
            if (read_only != 0)
                co_await u(
                    sim::Unmap{.fpage = l4_fpage(read_only, L4_PAGE_SHIFT, 0), .mask = L4_FP_ALL_SPACES});
            co_await u(sim::ExRegs{.pager = e});
            arch::Frame mine = registers(0x11110000);
            mine.esp = esp;
            co_await u.assume(mine);
            co_await u.look(before);
            co_await u.raise(vector, error);
        });
        w.run();
    }
    void expect_pushed(Word vector, Word error = 0) const {
        std::vector<Word> expected{next(before), ia32::user_cs, before.eflags};
        if (ia32::has_error_code(vector)) expected.insert(expected.begin(), error);
        ASSERT_NE(there.eip, 0u);
        EXPECT_EQ(words, expected);
        EXPECT_EQ(there.esp, before.esp - 4 * static_cast<Word>(expected.size()));
    }
    /// A waits for this page, and nothing is pushed.
    void expect_fault(Word at, Word flags) const {
        EXPECT_EQ(there.eip, 0u);
        ASSERT_EQ(pager.messages.size(), 1u);
        EXPECT_EQ(pager.messages[0], ipc::message(a, (at & L4_PF_ADDR_MASK) | flags, next(before)));
        EXPECT_EQ(w.thread(a).frame.esp, before.esp);
    }
};

TEST(ShortPush, AtEveryDistanceFromTheEndOfAPage) {
    for (const Word vector : {L4_TRAP_DIVIDE, L4_TRAP_PROTECTION})
        for (Word offset = 0; offset <= 20; ++offset)
            for (const Word esp : {stack + offset, stack + size - offset}) {
                SCOPED_TRACE(std::to_string(vector) + " at " + std::to_string(esp - stack));
                Pushed p;
                p.run(vector, esp, 0x4320);
                p.expect_pushed(vector, 0x4320);
            }
}

TEST(ShortPush, NeedsOnlyThePageThatItIsIn) {
    for (const Word esp : {stack, stack + 12, stack + 500}) {
        Pushed p;
        p.pages = {esp == stack ? stack - size : stack};
        p.run(L4_TRAP_DIVIDE, esp);
        p.expect_pushed(L4_TRAP_DIVIDE);
    }
}

TEST(ShortPush, FaultsWhereTheFirstWordThatIsMissingBegins) {
    struct Case {
        Word esp;
        bool below, above;
        Word fault;
    };
    for (const Case& c :
         {Case{stack + 500, true, false, stack + 496}, Case{stack + 12, true, false, stack + 8},
          Case{stack, false, true, stack - 4}, Case{stack + 8, false, true, stack - 4},
          Case{stack + 8, true, false, stack + 4}, Case{stack + 8, false, false, stack + 4},
          Case{stack + 6, true, false, stack + 2}, Case{stack + 6, false, true, stack - 2},
          Case{stack + 2, true, false, stack}, Case{stack + 2, false, true, stack - 2},
          Case{stack + 11, false, true, stack - 1}, Case{stack + 10, false, true, stack - 2}}) {
        SCOPED_TRACE("ESP " + std::to_string(c.esp - stack));
        Pushed p;
        p.pages.clear();
        if (c.below) p.pages.push_back(stack - size);
        if (c.above) p.pages.push_back(stack);
        p.run(L4_TRAP_DIVIDE, c.esp);
        p.expect_fault(c.fault, L4_PF_WRITE);
    }
}

TEST(ShortPush, FaultsWhereTheStackIsReadOnly) {
    for (const Word esp : {stack + 500, stack + 8, stack + 2}) {
        SCOPED_TRACE("ESP " + std::to_string(esp - stack));
        Pushed p;
        p.read_only = stack;
        p.run(L4_TRAP_DIVIDE, esp);
        p.expect_fault(esp == stack + 2 ? stack : esp - 4, L4_PF_WRITE | L4_PF_PRESENT);
    }
}

/// Above the last of its addresses a program has nothing, and below 0 come those above.
TEST(ShortPush, FaultsBeyondTheUsersEnd) {
    struct Case {
        Word esp, fault;
        bool lowest = false; ///< is there a page at 0?
    };
    for (const Case& c :
         {Case{0, 0xfffffffc}, Case{0, 0xfffffffc, true}, Case{4, 0}, Case{4, 0xfffffffc, true}, Case{8, 4},
          Case{8, 0xfffffffc, true}, Case{2, 0xfffffffe}, Case{2, 0xfffffffe, true},
          Case{L4_USER_TOP + 2, L4_USER_TOP - 2}, Case{L4_USER_TOP + 4, L4_USER_TOP},
          Case{L4_USER_TOP + 500, L4_USER_TOP + 496}}) {
        SCOPED_TRACE("ESP " + std::to_string(c.esp));
        Pushed p;
        p.pages.clear();
        if (c.lowest) p.pages.push_back(0);
        p.run(L4_TRAP_DIVIDE, c.esp);
        p.expect_fault(c.fault, L4_PF_WRITE);
    }
}

/// While A's breakpoint waits for its stack A is told to raise an exception; with the stack comes a time
/// limit that is over.
TEST(ShortPush, ThatIsPendingComesBeforeATriggerAndATimeFault) {
    constexpr Word top = stack + 500, page = 0x30000000;
    World w;
    arch::Frame before{};
    Answer fault;
    std::vector<l4_utcb_t> seen;
    const sim::Entry handler = w.program(sim::park);
    w.start(e, [&](User u) -> Program {
        co_await u.store32(page, 1);
        l4_utcb_t mine = pager_utcb(L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT);
        mine.time_limit[0] = 1;
        co_await u.utcb().store(mine);
        const IpcResult m = co_await u.wait();
        fault = Answer::of(m);
        co_await until(u, 2000);
        co_await u.reply_fpage_and_wait(a, stack, l4_fpage(page, L4_PAGE_SHIFT, L4_FP_WRITE));
        for (;;) {
            co_await u.utcb().load(seen.emplace_back());
            mine = pager_utcb();
            co_await u.utcb().store(mine);
            co_await u.reply_and_wait(a, 0, 0);
        }
    });
    w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, 1500);
        co_await u(sim::ExRegs{.target = L4_EX_REGS_RAISE_EXCEPTION});
    });
    w.start(a, [&](User u) -> Program {
        co_await install(u, L4_TRAP_BREAKPOINT, handler.eip);
        co_await u(sim::ExRegs{.pager = e});
        co_await until(u, 1000);
        arch::Frame mine = registers(0x11110000);
        mine.esp = top;
        co_await u.assume(mine);
        co_await u.look(before);
        co_await u.raise(L4_TRAP_BREAKPOINT);
    });
    w.run();
    EXPECT_EQ(fault, ipc::message(a, (top - 4) | L4_PF_WRITE, next(before) + sim::instruction_length));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].state.trapno, L4_TRAP_TRIGGERED);
    EXPECT_EQ(seen[1].state.trapno, L4_TRAP_TIME);
    for (const l4_utcb_t& utcb : seen) {
        EXPECT_EQ(utcb.state.eip, handler.eip);
        EXPECT_EQ(utcb.state.esp, top - 12);
    }
}

} // namespace
} // namespace conformance::thesis
