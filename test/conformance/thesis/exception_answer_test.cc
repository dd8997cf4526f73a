// SPDX-License-Identifier: BSD-2-Clause
// Answers to exception messages, and what ends them instead (docs/semantics.md 11.4, 12.2, 12.8).
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "ia32/trap_frame.h"
#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// A, with registers of its own, executes an undefined instruction; it is answered so, and A looks where it
/// went on.
struct Answered {
    World w;
    Handler handler;
    arch::Frame before{}, after{};

    explicit Answered(Handler::Reply reply) : handler(std::move(reply)) {
        w.play({{e, handler.body()},
                {a,
                 [this](User u) -> Program {
                     arch::Frame mine = registers(0x11110000);
                     co_await u.assume(mine);
                     co_await u.look(before);
                     co_await u.raise(L4_TRAP_INVALID_OP);
                     co_await u.look(after);
                 },
                 {.pager = e}}});
    }
};

/// The landing's first instruction.
Word landing_eip(sim::Entry entry) { return entry.eip + sim::instruction_length; }

TEST(ExceptionAnswer, WithoutStateLeavesTheRegisters) {
    ABI_ROW(exc_answer_without_state);
    Answered t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i == 1) return skip(m, utcb);
        utcb.state = state_of(pattern(0xdddddddd));
        utcb.snd_size = 0;
        return words_to(m.from(), 5, 6);
    });
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(words(t.handler[1].state()), words(t.handler[0].state()));
}

TEST(ExceptionAnswer, WithAPartOfTheState) {
    ABI_ROW(exc_answer_partial_state);
    Answered t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i == 1) return skip(m, utcb);
        utcb.state = state_of(pattern(0xdddddddd));
        utcb.state.gs = 0x23;
        utcb.state.fs = 0x1b;
        utcb.snd_size = 5;
        return words_to(m.from());
    });
    ASSERT_EQ(t.handler.count(), 2u);
    Words expected = words(t.handler[0].state());
    const Words set = pattern(0xdddddddd);
    expected[0] = 0x23;
    expected[1] = 0x1b;
    for (Word i = 2; i < 5; ++i) expected[i] = set[i];
    EXPECT_EQ(words(t.handler[1].state()), expected);
}

TEST(ExceptionAnswer, OfEverySizeSetsThatManyWords) {
    ABI_ROW(exc_answer_partial_state);
    for (Word size = 0; size <= 18; ++size) {
        Word eip = 0;
        Answered t([&](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            if (i == 1) return skip(m, utcb);
            eip = m.state().eip;
            utcb.state = state_of(pattern(0x30303030));
            utcb.state.gs = utcb.state.fs = 0x23;
            utcb.state.eip = eip; // so that the instruction traps again
            utcb.state.eflags = 0x202;
            utcb.snd_size = size;
            return words_to(m.from());
        });
        ASSERT_EQ(t.handler.count(), 2u) << size;
        Words set = pattern(0x30303030);
        set[0] = set[1] = 0x23, set[12] = eip, set[14] = 0x202;
        Words expected = words(t.handler[0].state());
        for (Word i = 0; i < std::min(size, 16u); ++i)
            if (i != 5 && i != 10 && i != 11 && i != 13) expected[i] = set[i];
        EXPECT_EQ(words(t.handler[1].state()), expected) << size;
    }
}

TEST(ExceptionAnswer, CanNotRaisePrivileges) {
    ABI_ROW(exc_answer_is_sanitised);
    Answered t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i == 1) return skip(m, utcb);
        utcb.state.cs = 8;
        utcb.state.eflags =
            ~Word{0x200}; // all but IF; and so TF, which traps after the next instruction only
        utcb.state.eflags &= ~Word{0x100};
        utcb.state.gs = 0x10; // the kernel's data segment
        utcb.state.fs = 0x43; // an empty TLS slot
        return with_state(m, utcb);
    });
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[1].state().cs, t.handler[0].state().cs);
    EXPECT_EQ(t.handler[1].state().eflags, (0x00240dd5u & ~0x100u) | 0x202u);
    EXPECT_EQ(t.handler[1].state().gs, 0u);
    EXPECT_EQ(t.handler[1].state().fs, 0u);
}

TEST(ExceptionAnswer, KeepsOnlySelectorsThatAProgramMayLoad) {
    ABI_ROW(exc_answer_is_sanitised);
    std::vector<Word> tried;
    for (Word s = 0; s < 0x60; ++s) tried.push_back(s);
    for (const Word s : {0xffffu, 0x10023u, 0x1002bu, 0x8023u}) tried.push_back(s);
    Answered t([&](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i == tried.size()) return skip(m, utcb);
        utcb.state.gs = tried[i];
        utcb.state.fs = tried[tried.size() - 1 - i];
        return with_state(m, utcb);
    });
    ASSERT_EQ(t.handler.count(), tried.size() + 1);
    const auto kept = [](Word s) {
        const Word index = s & 0xfffc;
        return index == 0x18 || index == 0x20 || index == 0x28 ? s & 0xffff : 0;
    };
    for (std::size_t i = 0; i < tried.size(); ++i) {
        EXPECT_EQ(t.handler[i + 1].state().gs, kept(tried[i])) << std::hex << tried[i];
        EXPECT_EQ(t.handler[i + 1].state().fs, kept(tried[tried.size() - 1 - i]));
    }
}

TEST(ExceptionAnswer, SendsTheThreadToAnotherProgramWithNewRegisters) {
    ABI_ROW(exc_answer_sets_state);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    Words set{};
    Handler handler([&](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state = state_of(pattern(0x40404040));
        utcb.state.gs = 0x23, utcb.state.fs = 0x2b;
        utcb.state.eip = there.eip;
        utcb.state.eflags = 0x202 | 0x8d5;
        set = words(utcb.state);
        return with_state(m, utcb);
    });
    w.play({{e, handler.body()},
            {a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = e}}});
    ASSERT_EQ(landing.arrived.size(), 1u);
    EXPECT_EQ(handler.results[0].dope, L4_IPC_OK);
    arch::Frame f = landing.arrived[0];
    Words expected = set, got = words(state_of(f));
    expected[12] = landing_eip(there);
    expected[5] = expected[10] = expected[11] = 0;
    expected[13] = ia32::user_cs;
    EXPECT_EQ(got, expected);
}

TEST(ExceptionAnswer, MapsNothing) {
    ABI_ROW(exc_answer_with_map);
    constexpr Word page = 0x30000000, at = 0x10000000;
    World w;
    Answer result;
    bool survived = false;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        co_await u.store32(page, 1);
        const IpcResult m = co_await u.wait();
        co_await u.utcb().load(mine);
        mine.state.eip += sim::instruction_length;
        mine.snd_size = L4_UTCB_STATE_WORDS;
        mine.map_count = 0;
        co_await u.utcb().store(mine);
        const IpcResult r = co_await u(fpage_to(m.from, at, l4_fpage(page, L4_PAGE_SHIFT, L4_FP_WRITE)));
        result = Answer::of(r);
    });
    w.start(a,
            [&](User u) -> Program {
                co_await u.raise(L4_TRAP_DIVIDE);
                survived = true;
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(result.dope, L4_IPC_SEMSGCUT);
    EXPECT_FALSE(w.page(a, at));
    EXPECT_TRUE(survived);
}

TEST(ExceptionAnswer, OfMinusOneIsNoRefusal) {
    ABI_ROW(exc_answer_without_state);
    Answered t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        return i == 0 ? words_to(m.from(), L4_PF_REFUSED) : skip(m, utcb);
    });
    EXPECT_EQ(t.handler.count(), 2u);
    EXPECT_NE(t.after.eip, 0u);
}

/// A waits for the answer to an exception; thread 1 of its task then does that to it; then the pager answers
/// at 2000.
struct Disturbed {
    World w;
    Landing landing;
    sim::Entry there;
    Handler handler;
    sim::ExRegsResult old;
    arch::Frame before{};

    explicit Disturbed(Word flags, Handler::Reply reply = {})
        : there(w.program(landing.body())), handler(std::move(reply)) {
        w.start(e, [this](User u) -> Program {
            l4_utcb_t mine = pager_utcb();
            co_await u.utcb().store(mine);
            const sim::Entry go_on = w.program(handler.body());
            co_await until(u, 100);
            co_await u.jump(go_on);
        });
        w.start(a,
                [this](User u) -> Program {
                    co_await until(u, 200);
                    arch::Frame mine = registers(0x11110000);
                    co_await u.assume(mine);
                    co_await u.look(before);
                    co_await u.raise(L4_TRAP_DIVIDE);
                },
                {.pager = e});
        w.start(l4_threadid(5, 1), [this, flags](User u) -> Program {
            co_await until(u, 1000);
            old = co_await u(sim::ExRegs{.target = flags, .eip = there.eip});
        });
        w.run();
    }
};

TEST(ExceptionMessage, IsCancelledByExRegs) {
    ABI_ROW(exc_cancelled_by_ex_regs);
    Disturbed t(0);
    EXPECT_EQ(t.handler.count(), 1u);
    ASSERT_EQ(t.landing.arrived.size(), 1u);
    Words expected = words(state_of(t.before));
    expected[12] = landing_eip(t.there);
    EXPECT_EQ(words(state_of(t.landing.arrived[0])), expected);
    EXPECT_EQ(t.old.eip, next(t.before));
}

TEST(ExceptionMessage, IsCancelledByExRegsInTheQueue) {
    ABI_ROW(exc_cancelled_by_ex_regs);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    IpcResult late;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb();
        co_await u.utcb().store(mine);
        co_await until(u, 2000);
        late = co_await u.wait(L4_TIMEOUT_RCV_ZERO);
    });
    w.start(a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = e});
    w.start(l4_threadid(5, 1), ipc::ex_regs_at(1000, 0, there));
    w.run();
    EXPECT_EQ(landing.arrived.size(), 1u);
    EXPECT_EQ(late.error(), L4_IPC_RETIMEOUT);
}

TEST(ExceptionMessage, GoesOnWithNoCancelAndTheAnswerOverwritesEip) {
    ABI_ROW(exc_ex_regs_no_cancel);
    for (const Word size : {16u, 12u}) {
        const bool overwrites = size == 16;
        World v;
        Landing by_ex_regs, by_answer;
        const sim::Entry x = v.program(by_ex_regs.body()), y = v.program(by_answer.body());
        v.start(e, [&, y, size](User u) -> Program {
            l4_utcb_t mine = pager_utcb();
            co_await u.utcb().store(mine);
            const IpcResult m = co_await u.wait();
            co_await until(u, 2000);
            EXPECT_EQ(v.state(a), For::receive);
            co_await u.utcb().load(mine);
            mine.state.eip = y.eip;
            mine.snd_size = size;
            co_await u.utcb().store(mine);
            co_await u(words_to(m.from));
        });
        v.start(a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = e});
        v.start(l4_threadid(5, 1), ipc::ex_regs_at(1000, 0, x, L4_EX_REGS_NO_CANCEL));
        v.run();
        EXPECT_EQ(by_answer.arrived.size(), overwrites ? 1u : 0u);
        EXPECT_EQ(by_ex_regs.arrived.size(), overwrites ? 0u : 1u);
    }
}

TEST(ExceptionMessage, WaitsOnWhenItsPagerIsDeleted) {
    ABI_ROW(exc_pager_gone);
    World w;
    Handler handler;
    w.play({{e, handler.body()},
            {a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = e}}});
    EXPECT_EQ(handler.count(), 1u);
    w.as_root(deletion(e));
    EXPECT_EQ(w.state(a), For::receive);
}

TEST(ExceptionMessage, KillsWhenItsPagerIsDeletedBeforeItTakesIt) {
    ABI_ROW(exc_pager_gone);
    World w;
    w.play({{e,
             [](User u) -> Program {
                 l4_utcb_t mine = pager_utcb();
                 co_await u.utcb().store(mine);
             }},
            {a, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }, {.pager = e}}});
    EXPECT_EQ(w.state(a), For::send);
    w.as_root(deletion(e));
    EXPECT_EQ(w.state(a), For::dead);
}

} // namespace
} // namespace conformance::thesis
