// SPDX-License-Identifier: BSD-2-Clause
// Page faults that come with the state, for a pager that asks for it (docs/semantics.md 17.4).
#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word missing = 0x10000004, page = 0x30000000, own_page = l4_fpage(page, L4_PAGE_SHIFT, L4_FP_WRITE);

/// A, with registers of its own, reads a word that is not there; E is its pager and has a page.
struct Faulting {
    World w;
    Handler handler;
    arch::Frame before{}, after{};
    Word value = 0;
    bool survived = false;

    explicit Faulting(Handler::Reply reply, const l4_utcb_t& utcb = pager_utcb(L4_UTCB_PF_STATE))
        : handler(std::move(reply), utcb) {
        handler.pages = {page + 4};
        w.start(e, handler.body());
        w.start(a,
                [this](User u) -> Program {
                    co_await until(u, 1000);
                    arch::Frame mine = registers(0x11110000);
                    co_await u.assume(mine);
                    co_await u.look(before);
                    value = co_await u.load32(missing);
                    co_await u.look(after);
                    survived = true;
                },
                {.pager = e});
        w.run();
    }
    Answer fault() const { return ipc::message(a, missing, next(before)); }
    Words state() const {
        l4_utcb_state_t s = state_of(before);
        s.eip = next(before), s.trapno = L4_TRAP_PAGE_FAULT, s.err = 4, s.pfa = missing;
        return words(s);
    }
};

TEST(PageFaultWithState, HasTheWordsOfAPageFaultAndTheState) {
    ABI_ROW(pf_with_state);
    Faulting f([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) { return skip(m, utcb); });
    ASSERT_EQ(f.handler.count(), 1u);
    EXPECT_EQ(f.handler[0].answer, f.fault());
    EXPECT_EQ(words(f.handler[0].state()), f.state());
    EXPECT_TRUE(f.survived);
    EXPECT_FALSE(f.w.page(a, missing & L4_FP_PAGE_MASK));
}

TEST(PageFaultWithState, TakesTheStateOfItsAnswer) {
    ABI_ROW(pf_with_state);
    Faulting f([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state.ebx = 0x5eed;
        utcb.state.esp = 0x600d;
        utcb.state.cs = 8;
        utcb.state.eflags = 0x3202; // IOPL 3
        return skip(m, utcb);
    });
    EXPECT_EQ(f.after.ebx, 0x5eedu);
    EXPECT_EQ(f.after.esp, 0x600du);
    EXPECT_EQ(f.after.cs, 0x1bu);
    EXPECT_EQ(f.after.eflags, 0x202u);
    EXPECT_EQ(f.after.edi, f.before.edi);
}

TEST(PageFaultWithState, IsLimitedByThePagersSize) {
    ABI_ROW(pf_with_state);
    l4_utcb_t mine = pager_utcb(L4_UTCB_PF_STATE, 3);
    mine.state = state_of(pattern(0x70707070));
    Faulting f(go_on(L4_PF_REFUSED), mine);
    ASSERT_EQ(f.handler.count(), 1u);
    Words expected = pattern(0x70707070);
    for (Word i = 0; i < 3; ++i) expected[i] = f.state()[i];
    EXPECT_EQ(words(f.handler[0].state()), expected);
}

TEST(PageFaultWithState, ThatIsRefusedTakesNoStateAndKills) {
    ABI_ROW(pf_with_state);
    Faulting f([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state.eip += sim::instruction_length;
        return with_state(m, utcb, L4_PF_REFUSED);
    });
    EXPECT_FALSE(f.survived);
    EXPECT_EQ(f.w.state(a), For::dead);
    EXPECT_EQ(f.w.thread(a).frame.eip, next(f.before));
}

TEST(PageFaultWithState, IsAskedForWhenTheFaultHappens) {
    ABI_ROW(pf_with_state);
    World w;
    l4_utcb_t seen{};
    IpcResult m;
    bool survived = false;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t asks = pager_utcb(L4_UTCB_PF_STATE), asks_no_more = pager_utcb(0);
        co_await u.utcb().store(asks);
        co_await until(u, 1000); // the message is queued
        co_await u.utcb().store(asks_no_more);
        m = co_await u.wait();
        co_await u.utcb().load(seen);
        l4_utcb_t mine = seen;
        mine.state.eip += sim::instruction_length;
        mine.snd_size = L4_UTCB_STATE_WORDS;
        co_await u.utcb().store(mine);
        co_await u(words_to(m.from));
    });
    w.start(a,
            [&](User u) -> Program {
                co_await u.load8(missing);
                survived = true;
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(seen.state.trapno, L4_TRAP_PAGE_FAULT);
    EXPECT_EQ(seen.state.pfa, missing);
    EXPECT_TRUE(survived);
}

TEST(PageFaultWithoutState, MovesNoneInEitherDirection) {
    ABI_ROW(pf_without_state);
    for (const Word status : {0u, Word{L4_UTCB_EXCEPTIONS}, ~Word{L4_UTCB_PF_STATE | L4_UTCB_TIME_LIMIT}}) {
        l4_utcb_t mine = pager_utcb(status);
        mine.state = state_of(pattern(0x70707070));
        mine.snd_size = 16;
        Faulting f([](std::size_t, const Handler::Message& m,
                      l4_utcb_t&) { return fpage_to(m.from(), missing & L4_FP_PAGE_MASK, own_page); },
                   mine);
        ASSERT_EQ(f.handler.count(), 1u);
        EXPECT_EQ(f.handler[0].answer, f.fault());
        EXPECT_EQ(std::memcmp(&f.handler[0].utcb, &mine, sizeof mine), 0);
        EXPECT_EQ(f.value, page + 4);
        l4_utcb_state_t expected = state_of(f.before);
        expected.eip = next(f.before) + sim::instruction_length;
        EXPECT_EQ(words(state_of(f.after)), words(expected));
    }
}

TEST(PageFaultAnswer, MapsAndSetsTheState) {
    ABI_ROW(pf_answer_map_and_state);
    Faulting f([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state.esi = 0x5eed;
        utcb.snd_size = 16;
        return fpage_to(m.from(), missing & L4_FP_PAGE_MASK, own_page);
    });
    ASSERT_EQ(f.handler.count(), 1u);
    EXPECT_EQ(f.handler.results[0].dope, L4_IPC_OK);
    EXPECT_EQ(f.value, page + 4);
    EXPECT_EQ(f.after.esi, 0x5eedu);
    EXPECT_TRUE(f.w.page(a, missing & L4_FP_PAGE_MASK));
}

TEST(PageFaultAnswer, SetsTheStateAlone) {
    ABI_ROW(pf_answer_map_and_state);
    Faulting f([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i == 1) return words_to(m.from(), L4_PF_REFUSED);
        utcb.state.esi = 0x5eed;
        return with_state(m, utcb); // the instruction is executed again
    });
    ASSERT_EQ(f.handler.count(), 2u);
    EXPECT_EQ(f.handler[1].answer, f.fault());
    EXPECT_EQ(f.handler[1].state().esi, 0x5eedu);
}

TEST(PageFaultAnswer, MapsAlone) {
    ABI_ROW(pf_answer_map_and_state);
    Faulting f([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        utcb.state = state_of(pattern(0x70707070));
        utcb.snd_size = 0;
        return fpage_to(m.from(), missing & L4_FP_PAGE_MASK, own_page);
    });
    EXPECT_EQ(f.value, page + 4);
    EXPECT_EQ(f.after.esi, f.before.esi);
}

} // namespace
} // namespace conformance::thesis
