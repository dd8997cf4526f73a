// SPDX-License-Identifier: BSD-2-Clause
// Time limits and the exceptions that come of them (docs/semantics.md 15).
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Time none = ~Time{0};
constexpr Word status = L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT;

void limit(l4_utcb_t& utcb, Time at) {
    utcb.time_limit[0] = static_cast<Word>(at);
    utcb.time_limit[1] = static_cast<Word>(at >> 32);
}

/// A divides by zero at 1000, then goes on; message 0 is that exception.  E is its pager.
struct Timed {
    World w;
    Handler handler;
    arch::Frame before{}, after{};
    bool ended = false;

    explicit Timed(Handler::Reply reply, const l4_utcb_t& utcb = pager_utcb(status))
        : handler(std::move(reply), utcb) {}
    void run(std::function<sim::Routine<int>(User)> then, std::vector<World::Role> more = {}) {
        w.start(e, handler.body());
        w.start(a,
                [this, then](User u) -> Program {
                    co_await until(u, 1000);
                    arch::Frame mine = registers(0x11110000);
                    co_await u.assume(mine);
                    co_await u.look(before);
                    co_await u.raise(L4_TRAP_DIVIDE);
                    co_await then(u);
                    ended = true;
                },
                {.pager = e});
        w.play(std::move(more));
    }
    Word trapno(std::size_t i) const { return handler[i].state().trapno; }
};

/// Answers: the first with that limit, all later ones without.
Handler::Reply once(Time at) {
    return [at](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        limit(utcb, i == 0 ? at : none);
        return i == 0 ? skip(m, utcb) : words_to(m.from());
    };
}

sim::Routine<int> busy(User u) {
    co_await u.compute(20000);
    co_return 0;
}

TEST(TimeFault, ComesAtItsTimeWithTheState) {
    ABI_ROW(time_fault);
    Timed t(once(5000));
    t.run(busy);
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[1].at, 5000u);
    EXPECT_EQ(t.handler[1].answer, exception_of(a));
    l4_utcb_state_t s = state_of(t.before);
    s.eip = next(t.before) + sim::instruction_length;
    s.trapno = L4_TRAP_TIME;
    // The second answer has no state: snd_size is still 16 from the first, so it is what was told.
    EXPECT_EQ(words(t.handler[1].state()), words(s));
    EXPECT_TRUE(t.ended);
}

TEST(TimeFault, ComesAtItsTimeBeyond32Bits) {
    ABI_ROW(time_fault);
    const Time far = (Time{3} << 32) + 77;
    Timed t(once(far));
    t.run([](User u) -> sim::Routine<int> {
        co_await u(
            sim::ThreadSchedule{.thread = a, .param = l4_sched_param(L4_PRIO_ROOT, 0, 0)}); // no slices
        co_await u.sleep(receive_timeout(Micros{Time{2} << 32}));
        while (u.now().raw() < (Time{3} << 32) + 100) co_await u.compute(~0u);
        co_return 0;
    });
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[1].at, far);
}

TEST(TimeFault, ComesInTheMiddleOfOthersSlices) {
    ABI_ROW(time_fault);
    Timed t(once(5003));
    const auto other = [](User u) -> Program {
        for (int i = 0; i < 100; ++i) {
            co_await u.compute(70);
            co_await u(sim::ThreadSwitch{});
        }
    };
    t.run(
        [](User u) -> sim::Routine<int> {
            for (int i = 0; i < 100; ++i) {
                co_await u.compute(30);
                co_await u(sim::ThreadSwitch{});
            }
            co_return 0;
        },
        {{b, other}});
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_GE(t.handler[1].at, 5003u);
    EXPECT_LE(t.handler[1].at, 5003u + 70); // when A runs next
    EXPECT_EQ(t.trapno(1), L4_TRAP_TIME);
    EXPECT_TRUE(t.ended);
}

TEST(TimeFault, ComesBeforeTheReturnFromAnIpc) {
    ABI_ROW(time_fault_not_in_kernel);
    Timed t(once(5000));
    t.run(
        [](User u) -> sim::Routine<int> {
            const IpcResult m = co_await u.wait();
            EXPECT_EQ(m.w0, 7u);
            co_return 0;
        },
        {{b, [](User u) -> Program {
              co_await until(u, 9000);
              co_await u.send(a, 7, 8);
          }}});
    ASSERT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.handler[1].at, 9000u);
    EXPECT_EQ(t.trapno(1), L4_TRAP_TIME);
    EXPECT_EQ(t.handler[1].state().eax, l4_msgdope(2, 0));
    EXPECT_EQ(t.handler[1].state().edx, 7u);
    EXPECT_TRUE(t.ended);
}

TEST(TimeFault, ComesAfterTheAnswerToAPageFault) {
    ABI_ROW(time_fault_not_in_kernel);
    World w;
    constexpr Word missing = 0x10000000;
    std::vector<Time> times;
    std::vector<Word> words0;
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb(status);
        limit(mine, 5000);
        co_await u.utcb().store(mine);
        IpcResult m = co_await u.wait();
        words0.push_back(m.w0), times.push_back(u.now().raw());
        co_await u(words_to(m.from)); // the instruction faults again, with the limit
        m = co_await u.wait();
        words0.push_back(m.w0), times.push_back(u.now().raw());
        mine.status = L4_UTCB_EXCEPTIONS;
        co_await u.utcb().store(mine);
        co_await until(u, 7000);
        co_await u(words_to(m.from));
        m = co_await u.wait();
        words0.push_back(m.w0), times.push_back(u.now().raw());
    });
    w.start(a,
            [](User u) -> Program {
                co_await until(u, 1000);
                co_await u.load8(missing);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(words0, (std::vector<Word>{missing, missing, L4_EXC_COOKIE_0}));
    EXPECT_EQ(times, (std::vector<Time>{1000, 1000, 7000}));
}

TEST(TimeFault, IsOne) {
    ABI_ROW(time_fault_once);
    Timed t(once(5000));
    t.run([](User u) -> sim::Routine<int> {
        for (int i = 0; i < 10; ++i) {
            co_await u.compute(5000);
            co_await u.sleep(receive_timeout(Micros{100}));
        }
        co_return 0;
    });
    EXPECT_EQ(t.handler.count(), 2u);
    EXPECT_EQ(t.w.thread(a).time_limit(), kern::never);
}

TEST(TimeFault, ComesAtOnceForATimeThatHasPassed) {
    ABI_ROW(time_fault_once);
    for (const Time passed : {Time{0}, Time{1}, Time{999}, Time{1000}}) {
        Timed t(once(passed));
        t.run(busy);
        ASSERT_EQ(t.handler.count(), 2u);
        EXPECT_EQ(t.handler[1].at, 1000u);
        EXPECT_EQ(t.trapno(1), L4_TRAP_TIME);
        EXPECT_EQ(t.handler[1].state().eip, next(t.before) + sim::instruction_length);
        EXPECT_TRUE(t.ended);
    }
}

TEST(TimeFault, IsForgottenIfThePagerTakesNoExceptions) {
    ABI_ROW(time_fault_once);
    Timed t([](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
        limit(utcb, 5000);
        utcb.status = L4_UTCB_TIME_LIMIT;
        return skip(m, utcb);
    });
    t.run(busy);
    EXPECT_EQ(t.handler.count(), 1u);
    EXPECT_TRUE(t.ended);
}

TEST(TimeLimit, StaysWhenAnAnswerHasNone) {
    ABI_ROW(time_limit_kept);
    Timed t([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        limit(utcb, i == 0 ? 5000 : 3000);
        utcb.status = i == 0 ? status : Word{L4_UTCB_EXCEPTIONS};
        return m.state().trapno == L4_TRAP_TIME ? words_to(m.from()) : skip(m, utcb);
    });
    t.run([](User u) -> sim::Routine<int> {
        co_await u.compute(1000);
        co_await u.raise(L4_TRAP_BOUND); // answered without a limit
        co_await u.compute(20000);
        co_return 0;
    });
    ASSERT_EQ(t.handler.count(), 3u);
    EXPECT_EQ(t.handler[2].at, 5000u);
    EXPECT_EQ(t.trapno(2), L4_TRAP_TIME);
}

TEST(TimeLimit, IsReplacedAndTakenAway) {
    ABI_ROW(time_limit_kept);
    for (const Time later : {Time{3000}, Time{8000}, none}) {
        Timed t([=](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            limit(utcb, i == 0 ? 5000 : i == 1 ? later : none);
            return m.state().trapno == L4_TRAP_TIME ? words_to(m.from()) : skip(m, utcb);
        });
        t.run([](User u) -> sim::Routine<int> {
            co_await u.compute(1000);
            co_await u.raise(L4_TRAP_BOUND);
            co_await u.compute(20000);
            co_return 0;
        });
        ASSERT_EQ(t.handler.count(), later == none ? 2u : 3u);
        if (later != none) {
            EXPECT_EQ(t.handler[2].at, later);
        }
        EXPECT_TRUE(t.ended);
    }
}

TEST(TimeLimit, IsNotSetByAMessageThatIsNoAnswer) {
    ABI_ROW(time_limit_kept);
    World w;
    w.start(e, [](User u) -> Program {
        l4_utcb_t mine = pager_utcb(status);
        limit(mine, 5000);
        mine.snd_size = 16;
        co_await u.utcb().store(mine);
        co_await u.send(a, 1, 2);
    });
    w.start(a,
            [](User u) -> Program {
                co_await u.wait();
                co_await u.compute(20000);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(w.state(a), For::sleep);
    EXPECT_EQ(w.state(e), For::sleep);
    EXPECT_EQ(w.thread(a).time_limit(), kern::never);
}

/// A sends B a message; both have their pages for it from E, who has a time limit in its UTCB.
TEST(TimeLimit, IsNotSetByAnAnswerToATransfersFault) {
    ABI_ROW(time_limit_not_of_transfer_fault);
    constexpr Word missing = 0x10000000, theirs = 0x20000000, ours = 0x30000000, size = 0x1000;
    constexpr Word dope = l4_msgdope(3, 0);
    World w;
    std::vector<IpcResult> faults;
    IpcResult sent, got;
    w.start(e, [&](User u) -> Program {
        for (const Word at : {ours + 4, ours + 8, ours + size + 4}) co_await u.store32(at, dope);
        l4_utcb_t mine = pager_utcb(status);
        limit(mine, 5000);
        co_await u.utcb().store(mine);
        for (;;) {
            const IpcResult m = co_await u.wait();
            faults.push_back(m);
            const bool of_a = sim::same(m.from, from_root(a));
            co_await u(fpage_to(m.from, of_a ? missing : theirs,
                                l4_fpage(of_a ? ours : ours + size, L4_PAGE_SHIFT, L4_FP_WRITE)));
        }
    });
    w.start(b,
            [&](User u) -> Program {
                got = co_await u(Ipc{.receive = theirs | L4_RCV_OPEN});
                co_await u.compute(20000);
            },
            {.pager = e});
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                sent = co_await u(Ipc{.partner = b, .send = missing});
                co_await u.compute(20000);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(got.dope, dope);
    ASSERT_EQ(faults.size(), 2u); // and no time fault
    for (const IpcResult& fault : faults) EXPECT_EQ(fault.w1, ~0u);
    EXPECT_FALSE(sim::same(faults[0].from, faults[1].from));
    EXPECT_EQ(w.thread(a).time_limit(), kern::never);
    EXPECT_EQ(w.thread(b).time_limit(), kern::never);
}

TEST(TimeLimit, IsSetByExRegsWithState) {
    ABI_ROW(time_limit_kept);
    World w;
    IpcResult m;
    Time at = 0;
    const sim::Entry there = w.program([&](User u) -> Program { co_await u.compute(20000); });
    w.start(e, [&](User u) -> Program {
        l4_utcb_t mine = pager_utcb(status);
        co_await until(u, 1000);
        limit(mine, 5000);
        mine.state.eip = there.eip;
        mine.snd_size = 16;
        co_await u.utcb().store(mine);
        co_await u(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_STATE_SET});
        m = co_await u.wait();
        at = u.now().raw();
    });
    w.start(a, [](User u) -> Program { co_await u.sleep(); }, {.pager = e});
    w.run();
    EXPECT_EQ(Answer::of(m), exception_of(a));
    EXPECT_EQ(at, 5000u);
}

/// A ticks: each answer has a limit one step after the one before.
class Ticking {
public:
    static constexpr Time start = 10000;
    LongWorld w;
    Word ticks = 0, late = 0, strange = 0;

    Ticking(Word count, Time step) {
        w.start(e, [this, count, step](User u) -> Program {
            l4_utcb_t mine = pager_utcb(status);
            limit(mine, start);
            co_await u.utcb().store(mine);
            IpcResult m = co_await u.wait();
            while (ticks < count) {
                co_await u.utcb().set(&l4_utcb_t::snd_size, 0);
                m = co_await u(ipc::reply_and_wait(m.from, 0, 0));
                const Word trapno = co_await u.load32(u.utcb().address() + offsetof(l4_utcb_t, state.trapno));
                const Time due = start + ticks * step;
                strange += trapno != L4_TRAP_TIME;
                late += u.now().raw() != due;
                ++ticks;
                limit(mine, due + step);
                co_await u.store32(u.utcb().address() + offsetof(l4_utcb_t, time_limit), mine.time_limit[0]);
                co_await u.store32(u.utcb().address() + offsetof(l4_utcb_t, time_limit) + 4,
                                   mine.time_limit[1]);
            }
            w.stop();
        });
        w.start(a,
                [](User u) -> Program {
                    co_await u.raise(L4_TRAP_OVERFLOW); // reports the instruction behind it
                    for (;;) co_await u.compute(777);
                },
                {.pager = e});
    }
};

TEST(TimeFault, DoesNotDrift) {
    ABI_ROW(time_fault_does_not_drift);
    for (const Time step : {Time{1000}, Time{7}}) {
        Ticking t(10000, step);
        EXPECT_EQ(t.w.run(10000000), sim::End::stopped);
        EXPECT_EQ(t.ticks, 10000u);
        EXPECT_EQ(t.late, 0u);
        EXPECT_EQ(t.strange, 0u);
        EXPECT_EQ(t.w.now().raw(), Ticking::start + 9999 * step);
    }
}

/// 10^6 virtual microseconds at a tick each.
TEST(TimeFault, DoesNotDriftTickByTick) {
    ABI_ROW(time_fault_does_not_drift);
    Ticking t(1000000, 1);
    EXPECT_EQ(t.w.run(1000000000), sim::End::stopped);
    EXPECT_EQ(t.late, 0u);
    EXPECT_EQ(t.strange, 0u);
    EXPECT_EQ(t.w.now().raw(), Ticking::start + 999999);
}

} // namespace
} // namespace conformance::thesis
