// SPDX-License-Identifier: BSD-2-Clause
// A message with one page, when most of what may come between does: the kernel may take no short way then
// (docs/semantics.md 7, 9.11, 12.7).
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/system/support/midst.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word from = 0x10000000, to = 0x20000000, size = 0x1000;
constexpr Word page_of(Word at) { return l4_fpage(at, L4_PAGE_SHIFT, L4_FP_WRITE); }
constexpr Word dope_mapped = l4_msgdope(2, 0) | L4_MSGDOPE_FPAGE_RECEIVED;
constexpr Time then = 1000; ///< all others wait by then

/// A's message with a page, for B.
constexpr Ipc page_to_b(Word receive = L4_IPC_NO_RECV, Word timeout = L4_TIMEOUT_NEVER) {
    return {.partner = b,
            .w0 = to,
            .w1 = page_of(from),
            .send = L4_SND_MAP,
            .receive = receive,
            .timeout = timeout};
}
Ipc window_for(l4_threadid_t who, Word window = L4_FP_WHOLE_SPACE) {
    return {.partner = who, .receive = User::rmap(window)};
}

/// A gives B, who waits for it, a page; B has another one in the same table.
struct Given {
    explicit Given(const Ipc& the_call = page_to_b(), const Ipc& the_wait = window_for(a))
        : call(the_call), wait(the_wait) {}

    World w;
    Ipc call, wait, prior{};             ///< A's; B's, and before that
    Word touched = to + size, first = 1; ///< where B has another page, and what it stores there
    std::optional<Ipc> reply = Ipc{.partner = a, .w0 = 7, .w1 = 8, .send = 0, .timeout = L4_TIMEOUT_SND_ZERO};
    std::optional<Answer> sent, got;
    std::uint64_t after = 0; ///< A's call

    /// `before`: what A does before.
    void run(sim::Spawn how_a = {}, sim::Spawn how_b = {},
             std::function<sim::Routine<int>(User)> before = {}) {
        w.start(
            b,
            [this](User u) -> Program {
                co_await u.store32(touched, first);
                co_await u(prior);
                const IpcResult result = co_await u(wait);
                got = Answer::of(result);
                if (reply) co_await u(*reply);
            },
            how_b);
        w.start(
            a,
            [this, before](User u) -> Program {
                co_await u.store32(from, 1);
                co_await until(u, then);
                if (before) co_await before(u);
                const IpcResult result = co_await u(call);
                sent = Answer::of(result);
                after = u.now().raw();
            },
            how_a);
        w.run();
    }
    bool mapped() { return w.page(b, to).has_value(); }
    void expect_given() {
        EXPECT_EQ(got, ipc::message(a, call.w0, call.w1, dope_mapped));
        ASSERT_TRUE(mapped());
        EXPECT_EQ(w.page(b, to)->parent_va, kern::VAddr{from});
    }
};

/// What A does before its call: its time is charged to it.
sim::Routine<int> busy(User u) {
    co_await u.compute(1000);
    co_return 0;
}

TEST(ShortMap, WhateverTheSenderDoesThenAndWhateverThePriorities) {
    for (const std::uint8_t prio : {10, 16, 20})
        for (const Word receive : {L4_IPC_NO_RECV, Word{0}, Word{L4_RCV_OPEN}}) {
            Given g(page_to_b(receive));
            g.run({}, {.prio = prio}, busy);
            g.expect_given();
            EXPECT_EQ(g.sent,
                      receive == L4_IPC_NO_RECV ? ipc::only(L4_IPC_OK, g.call) : ipc::message(b, 7, 8));
        }
}

TEST(ShortMap, CountsAsALongMessage) {
    Given g;
    l4_counters_t before{}, after{};
    g.w.start(c, [&](User u) -> Program {
        co_await until(u, then - 1);
        before = g.w.machine().event_counters();
        co_await until(u, then + 1);
        after = g.w.machine().event_counters();
    });
    g.run();
    EXPECT_EQ(after.messages[L4_COUNT_LONG] - before.messages[L4_COUNT_LONG], 1u);
    EXPECT_EQ(after.messages[L4_COUNT_SHORT], before.messages[L4_COUNT_SHORT]);
    EXPECT_EQ(after.pages_mapped - before.pages_mapped, 1u);
}

/// A step of a transfer is as long as some hundred bytes (leg.h); some are needed, and a page.
TEST(ShortMap, TakesAsManyEntriesAsItsStepsNeed) {
    struct Case {
        Word bytes, pages;
        bool one;
    };
    for (const Case& c : {Case{16, 32, false}, Case{256, 32, false}, Case{1024, 32, false},
                          Case{4352, 1, false}, Case{2048, 2, true}, Case{4352, 2, true}}) {
        kern::Limits limits;
        limits.bytes = c.bytes, limits.pages = c.pages;
        conformance::World w({.limits = limits});
        const auto resumes = [&] { return w.machine().event_counters().events[L4_COUNT_RESUME]; };
        std::optional<Answer> got;
        Word entries = 0;
        ipc::start_thread(w, b, [&](User u) -> Program {
            co_await u.store32(to + size, 1);
            const IpcResult result = co_await u(window_for(a));
            got = Answer::of(result);
        });
        ipc::start_thread(w, a, [&](User u) -> Program {
            co_await u.store32(from, 1);
            co_await until(u, then);
            entries = resumes();
            co_await u(page_to_b());
            entries = resumes() - entries;
        });
        w.run();
        EXPECT_EQ(got, ipc::message(a, to, page_of(from), dope_mapped));
        EXPECT_EQ(entries == 0, c.one) << c.bytes << ' ' << c.pages;
    }
}

/// A becomes an alien, whose pager E answers its calls like that.
struct Alien : Given {
    Handler handler;
    explicit Alien(Handler::Reply answers) : handler(std::move(answers)) {
        w.start(e, handler.body());
        run({}, {}, [](User u) -> sim::Routine<int> {
            co_await u(sim::ExRegs{.target = L4_EX_REGS_ALIEN, .pager = e});
            co_return 0;
        });
    }
};

TEST(ShortMap, OfAnAlienIsAnException) {
    Alien alien({});
    EXPECT_FALSE(alien.got || alien.sent || alien.mapped());
    ASSERT_EQ(alien.handler.count(), 1u);
    EXPECT_EQ(alien.handler[0].state().err, L4_EXC_ERR_IPC);
}

TEST(ShortMap, OfAnAlienThatMayIsToldOfAfterwards) {
    Alien alien([](std::size_t i, const Handler::Message& m, l4_utcb_t&) {
        return i == 0 ? words_to(m.from(), L4_EXC_DEALIEN) : Ipc{};
    });
    alien.expect_given();
    ASSERT_EQ(alien.handler.count(), 2u);
    EXPECT_EQ(alien.handler[1].state().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(alien.handler[1].state().eax, L4_IPC_OK);
}

TEST(ShortMap, OnAnothersTimeDoesNotEndTheDonation) {
    for (const Ipc& call : {page_to_b(), ipc::send_to(b, 1, 2)}) {
        Given g(call);
        g.w.start(d,
                  [](User u) -> Program {
                      co_await until(u, then + 500);
                      co_await u(sim::ThreadSwitch{.to = a});
                  },
                  {.prio = 30});
        g.run({.prio = 10}, {.prio = 20}, busy);
        EXPECT_TRUE(g.got);
        EXPECT_EQ(g.after, then + 1000);
    }
}

TEST(ShortMap, DoesNotReachOneThatDoesNotWaitForIt) {
    for (Ipc call : {window_for(c), ipc::call_to(c, 1, 2), ipc::receive_from(l4_irq_id(3)),
                     ipc::sleep_for(L4_TIMEOUT_NEVER)}) {
        call.receive = User::rmap(L4_FP_WHOLE_SPACE);
        Given g(page_to_b(L4_IPC_NO_RECV, L4_TIMEOUT_SND_ZERO), call);
        g.prior = ipc::receive_from(l4_irq_id(3), L4_TIMEOUT_RCV_ZERO); // attaches it
        g.w.start(c, sim::park);
        g.run();
        EXPECT_FALSE(g.got || g.mapped());
        EXPECT_EQ(g.sent, ipc::only(L4_IPC_SETIMEOUT, g.call));
    }
}

/// Invalid is no name, although its number would be that of a thread.
TEST(ShortMap, DoesNotReachWhatAnInvalidIdIsTheNumberOf) {
    constexpr l4_threadid_t last = l4_threadid(L4_TASKS - 1, 127);
    World w;
    IpcResult sent, got;
    w.start(last, [&](User u) -> Program {
        co_await u.store32(to + size, 1);
        got = co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
    });
    w.start(a, [&](User u) -> Program {
        co_await u.store32(from, 1);
        co_await until(u, then);
        sent = co_await u.send_fpage(l4_invalid_id(), to, page_of(from));
    });
    w.run();
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(w.state(last), For::receive);
}

/// A task of many threads is being deleted when an interrupt comes.
TEST(ShortMap, DoesNotReachADyingTask) {
    constexpr Word others = 40;
    constexpr unsigned line = 3;
    World w;
    constexpr l4_threadid_t deleter = l4_threadid(L4_TASK_ROOT, 1);
    system::InTheMidst midst(w, Line{line}, deleter);
    IpcResult sent;
    bool was_there = false;
    for (std::uint8_t n = 1; n < others; ++n) w.spawn(6, n, sim::park);
    constexpr l4_threadid_t victim = l4_threadid(6, others);
    w.start(victim, [](User u) -> Program {
        co_await u.store32(to + size, 1);
        co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
    });
    w.start(a,
            [&](User u) -> Program {
                co_await u.store32(from, 1);
                co_await u.attach(line);
                co_await u.receive(l4_irq_id(line));
                was_there = w.find(victim) != nullptr && w.state(victim) == For::receive;
                sent = co_await u.send_fpage(victim, to, page_of(from));
            },
            {.prio = 20});
    w.start(deleter, [&](User u) -> Program {
        co_await until(u, then);
        w.at(u.now(), Line{line});
        co_await u(deletion(b));
    });
    w.run();
    EXPECT_EQ(was_there, limits.threads < others);
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
}

TEST(ShortMap, IsFollowedByAWaitOfLimitedTime) {
    for (const Word receive : {Word{0}, Word{L4_RCV_OPEN}})
        for (const Word timeout : {receive_timeout(Micros{2048}), L4_TIMEOUT_RCV_ZERO}) {
            Given g(page_to_b(receive, timeout));
            g.reply.reset();
            g.run();
            g.expect_given();
            EXPECT_EQ(g.sent, ipc::only(L4_IPC_RETIMEOUT, g.call));
            EXPECT_EQ(g.after, then + (timeout == L4_TIMEOUT_RCV_ZERO ? 0 : 2048));
        }
}

TEST(ShortMap, EndsTheReceiversTime) {
    Given g(page_to_b());
    g.wait.timeout = receive_timeout(Micros{4096});
    g.reply.reset();
    g.run();
    g.expect_given();
    EXPECT_EQ(g.w.state(b), For::sleep);
}

TEST(ShortMap, IsFollowedByTheMessageOfWhoWaitsAlready) {
    Given g(page_to_b(L4_RCV_OPEN));
    g.w.start(c, [](User u) -> Program {
        co_await until(u, then / 2);
        co_await u.send(a, 0xc0, 0xc1);
    });
    g.run();
    g.expect_given();
    EXPECT_EQ(g.sent, ipc::message(c, 0xc0, 0xc1));
}

TEST(ShortMap, IsFollowedByAnInterruptThatIsPending) {
    constexpr unsigned line = 3;
    Given g(page_to_b(L4_RCV_OPEN));
    g.run({}, {}, [](User u) -> sim::Routine<int> {
        co_await u.attach(line);
        u.world().at(u.now(), Line{line});
        co_await u.compute(10);
        co_return 0;
    });
    g.expect_given();
    EXPECT_EQ(g.sent, ipc::interrupt(line, g.call));
}

TEST(ShortMap, WithDeceitDoesNotSwitch) {
    Given g;
    g.call.send |= L4_SND_DECEIT;
    g.w.start(c, [](User u) -> Program { // becomes ready before B does
        co_await until(u, then + 5);
        co_await u.compute(500);
    });
    g.run({}, {}, busy);
    g.expect_given();
    EXPECT_EQ(g.sent, ipc::only(L4_IPC_OK, g.call));
    EXPECT_EQ(g.after, then + 1000);
}

TEST(ShortMap, OfALongMessageIsCutToTheRegisters) {
    constexpr Word buffer = 0x10800000;
    Given g;
    g.call.send |= buffer;
    g.run({}, {}, [](User u) -> sim::Routine<int> {
        sim::MessageBuffer words(buffer, 4);
        words.send(4);
        co_await u.put(words);
        co_return 0;
    });
    EXPECT_EQ(g.sent, ipc::only(L4_IPC_SEMSGCUT, g.call));
    EXPECT_EQ(g.got, ipc::message(a, g.call.w0, g.call.w1, dope_mapped | L4_IPC_REMSGCUT));
    EXPECT_TRUE(g.mapped());
}

TEST(ShortMap, WithoutAWindowIsCut) {
    for (const Word receive : {Word{0}, Word{L4_RCV_OPEN}}) {
        Given g(page_to_b(), {.partner = a, .receive = receive});
        g.call.w0 = 0; // where B has a table, too
        g.touched = size;
        g.run();
        EXPECT_EQ(g.sent, ipc::only(L4_IPC_SEMSGCUT, g.call));
        EXPECT_EQ(g.got, ipc::message(a, g.call.w0, g.call.w1, l4_msgdope(2, 0) | L4_IPC_REMSGCUT));
        EXPECT_FALSE(g.w.page(b, 0));
    }
}

/// A buffer whose address would be a window, if it were one; what it says is that there is none.
TEST(ShortMap, IntoABufferWithoutAWindowIsCut) {
    constexpr Word buffer = (to + size) | 14u << 2;
    Given g(page_to_b(), {.partner = a, .receive = buffer});
    g.touched = buffer;
    g.first = 0;
    g.run();
    EXPECT_EQ(g.sent, ipc::only(L4_IPC_SEMSGCUT, g.call));
    EXPECT_FALSE(g.mapped());
}

/// A call of A's that went on with the arguments that it was made with is over: they are forgotten.
TEST(ShortMap, IsFollowedByAWaitAsItSays) {
    constexpr Word back = from + 2 * size;
    Given g(page_to_b(User::rmap(L4_FP_WHOLE_SPACE)));
    g.reply = Ipc{.partner = a, .w0 = back, .w1 = page_of(to + size), .send = L4_SND_MAP};
    g.w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, then / 2);
        co_await u(sim::ExRegs{.target = L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL}); // of no word
    });
    g.run();
    g.expect_given();
    EXPECT_EQ(g.sent, ipc::message(b, back, page_of(to + size), dope_mapped));
    EXPECT_TRUE(g.w.page(a, back));
}

TEST(ShortMap, TakesStateWordsAlong) {
    Given g;
    l4_utcb_t mine{}, theirs{};
    mine.state = state_of(pattern(0x5a000000));
    mine.snd_size = 3;
    theirs.rcv_size = 2;
    g.w.start(l4_threadid(6, 1), [&](User u) -> Program {
        co_await sim::Utcb(0).store(theirs);
        co_await until(u, 2 * then);
        co_await sim::Utcb(0).load(theirs);
    });
    g.run({}, {}, [&](User u) -> sim::Routine<int> {
        co_await u.utcb().store(mine);
        co_return 0;
    });
    g.expect_given();
    EXPECT_EQ(theirs.state.gs, mine.state.gs);
    EXPECT_EQ(theirs.state.fs, mine.state.fs);
    EXPECT_EQ(theirs.state.edi, 0u);
}

} // namespace
} // namespace conformance::thesis
