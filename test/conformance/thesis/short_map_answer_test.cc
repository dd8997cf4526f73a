// SPDX-License-Identifier: BSD-2-Clause
// An answer with one page to a fault or an exception, when most of what may come between does
// (docs/semantics.md 9.11, 12.2, 12.7, 15, 17.4, 17.5).
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word theirs = 0x10000000, elsewhere = 0x20000000, ours = 0x30000000, size = 0x1000;
constexpr Word page_of(Word at) { return l4_fpage(at, L4_PAGE_SHIFT, L4_FP_WRITE); }

/// A's pager E has some pages, of which A gets one at first, so that A has a table for the others.  Its next
/// message is answered with the next one, as the test says; then A goes on, or waits for ever.
struct Answered {
    using Reply = std::function<Ipc(const Handler::Message& m, l4_utcb_t& utcb)>;
    World w;
    Handler handler;
    std::size_t answers = 1; ///< by the test
    arch::Frame before{}, after{};

    explicit Answered(Reply reply, Word status = 0)
        : handler(
              [this, reply = std::move(reply)](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
                  if (i == 0) return fpage_to(m.from(), theirs, page_of(ours));
                  return i <= answers ? reply(m, utcb) : Ipc{};
              },
              pager_utcb(status)) {
        for (Word i = 0; i < 9; ++i) handler.pages.push_back(ours + i * size);
    }
    /// A's registers name a window elsewhere, that nobody asked for.
    void run(std::function<sim::Routine<int>(User)> what) {
        w.start(e, handler.body());
        w.start(a,
                [this, what = std::move(what)](User u) -> Program {
                    co_await until(u, 1000);
                    co_await u.store32(theirs, 1);
                    arch::Frame mine = registers(0x11110000);
                    mine.ebp = User::rmap(l4_fpage(theirs + 8 * size, L4_PAGE_SHIFT, 0));
                    co_await u.assume(mine);
                    co_await u.look(before);
                    co_await what(u);
                    co_await u.look(after);
                },
                {.pager = e});
        w.run();
    }
    bool mapped(Word i = 1) { return w.page(a, theirs + i * size).has_value(); }
    Answer result() const { return handler.results.at(1); }
};

sim::Routine<int> load(User u) {
    co_await u.load32(theirs + size + 4);
    co_return 0;
}
Ipc next_page(const Handler::Message& m, Word base = theirs + size) {
    return fpage_to(m.from(), base, page_of(ours + size));
}

TEST(ShortMapAnswer, GoesWhereItSays) {
    Answered x([](const Handler::Message& m, l4_utcb_t&) { return next_page(m); });
    x.run(load);
    EXPECT_TRUE(x.mapped());
    EXPECT_FALSE(x.mapped(8));
    EXPECT_EQ(x.result().dope, L4_IPC_OK);
    EXPECT_EQ(x.after.eip, next(x.before) + sim::instruction_length);
}

TEST(ShortMapAnswer, TakesTheListInTheUtcbAlong) {
    Answered x([](const Handler::Message& m, l4_utcb_t& utcb) {
        Words s{};
        s[0] = theirs + 2 * size, s[1] = page_of(ours + 2 * size);
        utcb.state = state_of(s);
        utcb.map_count = 1;
        return next_page(m);
    });
    x.run(load);
    EXPECT_TRUE(x.mapped() && x.mapped(2));
}

TEST(ShortMapAnswer, ThatRefusesKills) {
    Answered x([](const Handler::Message& m, l4_utcb_t&) { return next_page(m, L4_PF_REFUSED); });
    x.run(load);
    EXPECT_EQ(x.w.state(a), For::dead);
}

TEST(ShortMapAnswer, SetsStateAndTimeLimit) {
    Answered x(
        [](const Handler::Message& m, l4_utcb_t& utcb) {
            utcb.state.esi = 0x5eed; // word 3
            utcb.snd_size = 4;
            utcb.status |= L4_UTCB_TIME_LIMIT;
            utcb.time_limit[0] = 0x77777777;
            return next_page(m);
        },
        L4_UTCB_PF_STATE);
    x.run(load);
    EXPECT_TRUE(x.mapped());
    EXPECT_EQ(x.after.esi, 0x5eedu);
    EXPECT_EQ(x.w.thread(a).time_limit(), Micros{0x77777777});
}

/// Also one without a page: then the next fault comes.
TEST(ShortMapAnswer, ToAFaultOfATransferLetsThatGoOn) {
    bool words = true;
    Answered x([&](const Handler::Message& m, l4_utcb_t&) {
        return std::exchange(words, false) ? words_to(m.from()) : next_page(m);
    });
    x.answers = 2;
    IpcResult sent, got;
    x.w.start(b, [&](User u) -> Program {
        sim::MessageBuffer room(elsewhere, 4);
        co_await u.put(room);
        got = co_await u(Ipc{.receive = elsewhere | L4_RCV_OPEN});
    });
    x.run([&](User u) -> sim::Routine<int> {
        sent = co_await u(Ipc{.partner = b, .w0 = 1, .w1 = 2, .send = theirs + size});
        co_return 0;
    });
    ASSERT_EQ(x.handler.count(), 3u);
    for (const std::size_t i : {1, 2}) EXPECT_EQ(x.handler[i].answer.w1, L4_PF_EIP_NONE);
    EXPECT_TRUE(x.mapped());
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(got.w1, 2u);
}

/// It has no window, whatever the thread's registers are.
TEST(ShortMapAnswer, ToAnExceptionMapsNothing) {
    Answered x(
        [](const Handler::Message& m, l4_utcb_t& utcb) {
            utcb.state.eip += sim::instruction_length;
            utcb.snd_size = L4_UTCB_STATE_WORDS;
            return next_page(m);
        },
        L4_UTCB_EXCEPTIONS);
    x.run([](User u) -> sim::Routine<int> {
        co_await u.raise(L4_TRAP_DIVIDE);
        co_return 0;
    });
    EXPECT_EQ(x.result().dope, L4_IPC_SEMSGCUT);
    EXPECT_FALSE(x.mapped() || x.mapped(8) || x.w.page(a, 0));
    EXPECT_EQ(x.after.eip, next(x.before) + sim::instruction_length);
}

/// An alien's page fault is an exception with a window; w0 = 1 is both an address and the alien's permission.
TEST(ShortMapAnswer, ToAnAliensPageFaultMayAllowItsNextCall) {
    constexpr Word low = 0x2000;
    World w;
    Handler handler(
        [](std::size_t i, const Handler::Message& m, l4_utcb_t&) {
            switch (i) {
                case 0: return fpage_to(m.from(), low, page_of(ours));
                case 1: return fpage_to(m.from(), L4_EXC_DEALIEN, page_of(ours + size));
                case 2: return words_to(m.from());
                default: return Ipc{};
            }
        },
        pager_utcb());
    handler.pages = {ours, ours + size};
    const sim::Entry alien = w.program([](User u) -> Program {
        co_await u.load32(low);
        co_await u.load32(8);
        co_await u.send(l4_threadid(99, 0), 0, 0);
    });
    w.start(e, handler.body());
    w.run();
    w.as_root(sim::TaskNew{.task = a, .mcp_or_chief = 255 | L4_TASK_NEW_ALIEN, .eip = alien.eip, .pager = e});
    ASSERT_EQ(handler.count(), 4u);
    EXPECT_EQ(handler[1].state().pfa, 8u);
    EXPECT_TRUE(w.page(a, 0));
    EXPECT_EQ(handler[2].state().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(handler[3].state().err, L4_EXC_ERR_IPC); // its end
}

/// D lends A its time; when A waits, D goes on, and not the pager, whose priority lies between theirs.
TEST(ShortFault, OnAnothersTimeEndsTheDonation) {
    constexpr Time then = 2000;
    World w;
    std::vector<Time> times;
    Handler handler;
    w.start(e, handler.body(), {.prio = 20});
    w.start(d,
            [&](User u) -> Program {
                co_await until(u, then);
                co_await u(sim::ThreadSwitch{.to = a});
                times.push_back(u.now().raw());
                co_await u.compute(1000);
            },
            {.prio = 30});
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, then - 500);
                co_await u.compute(1000);
                co_await u.load32(theirs);
            },
            {.prio = 10, .pager = e});
    w.run();
    ASSERT_EQ(handler.count(), 1u);
    EXPECT_EQ(times, std::vector<Time>{then + 500});
    EXPECT_EQ(handler[0].at, then + 1500);
}

/// A and E are each other's pagers: A's fault is the answer to E's exception, and no message that E waits
/// for.
TEST(ShortFault, ToOneThatWaitsForAnAnswerIsTheAnswer) {
    World w;
    arch::Frame before{}, after{};
    IpcResult told, gave;
    w.start(e, [&](User u) -> Program {
        co_await u.store32(ours, 1);
        co_await until(u, 1000);
        co_await u(sim::ExRegs{.pager = a});
        arch::Frame mine = registers(0x11110000);
        co_await u.assume(mine);
        co_await u.look(before);
        co_await u.compute(1000);
        co_await u.look(after);
        gave = co_await u.send_fpage(a, theirs, page_of(ours));
    });
    w.start(l4_threadid(9, 1),
            [](User u) -> Program {
                co_await until(u, 1500);
                co_await u(sim::ExRegs{.target = L4_EX_REGS_RAISE_EXCEPTION});
            },
            {.prio = 30});
    w.start(a,
            [&](User u) -> Program {
                l4_utcb_t mine = pager_utcb();
                co_await u.utcb().store(mine);
                told = co_await u.wait();
                co_await u.load32(theirs);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(Answer::of(told), exception_of(e));
    l4_utcb_state_t expected = state_of(before);
    expected.eip = next(before) + sim::instruction_length;
    EXPECT_EQ(words(state_of(after)), words(expected));
    EXPECT_EQ(gave.dope, L4_IPC_OK);
    EXPECT_TRUE(w.page(a, theirs));
}

} // namespace
} // namespace conformance::thesis
