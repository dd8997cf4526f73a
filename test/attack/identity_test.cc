// SPDX-License-Identifier: BSD-2-Clause
// A task that is made anew gets nothing that was meant for the old one, but what V2 says: ids name a number,
// and whoever has the number (docs/semantics.md 2.1, 7.3, testing V10).
#include <gtest/gtest.h>

#include <vector>

#include "sim/message_buffer.h"
#include "test/attack/support/world.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

constexpr std::uint64_t reborn_at = 2000, end = 5000;

/// Task A is deleted and made anew at that time; this is what the new one does.
void rebirth(sim::World& w, sim::Body second) {
    const sim::Entry entry = w.program(std::move(second));
    w.spawn(L4_TASK_ROOT, 1, [=](User u) -> Program {
        co_await until(u, reborn_at);
        const sim::TaskNewResult made = co_await u(sim::TaskNew{
            .task = a, .mcp_or_chief = l4_task_new_create(255, 0), .eip = entry.eip, .pager = root});
        EXPECT_TRUE(made.ok());
    });
}

/// Notes all messages from time `from` on.
sim::Body listener(std::vector<Word>& heard, std::uint64_t from = 0) {
    return [&heard, from](User u) -> Program {
        co_await until(u, from);
        for (;;) {
            const sim::IpcResult r = co_await u.wait();
            heard.push_back(r.ok() ? r.w0 : 0xe0000000 | r.error());
        }
    };
}

using Heard = std::vector<Word>;

TEST(Identity, VersionAndSiteOfAnIdAreNotLookedAt) {
    test::CheckedWorld w;
    Heard heard;
    w.spawn(5, 0, listener(heard));
    w.spawn(6, 0, [](User u) -> Program {
        for (const Word low : {Word{L4_ID_VERSION_LOW_MASK}, Word{L4_ID_VERSION_HIGH_MASK}, 1u, 0u})
            for (const Word high : {Word{L4_ID_SITE_MASK}, Word{L4_ID_NEST_MASK}, 0u})
                co_await u.send({a.low | low, high}, 1, 0);
    });
    w.run();
    EXPECT_EQ(heard, Heard(12, 1));
}

TEST(Identity, OfADeletedReceiverIsNotServedItsQueue) {
    test::CheckedWorld w;
    Heard heard;
    Word told = 0;
    w.spawn(5, 0, sim::park);
    w.spawn(6, 0, [&](User u) -> Program { told = (co_await u.send(a, 0x01d, 0)).error(); });
    rebirth(w, listener(heard));
    w.run();
    EXPECT_EQ(told, L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(heard, Heard());
}

TEST(Identity, OfADeletedSenderTakesItsMessageAlong) {
    test::CheckedWorld w;
    Heard heard;
    w.spawn(5, 0, [](User u) -> Program { co_await u.send(b, 0x01d, 0); });
    w.spawn(6, 0, listener(heard, reborn_at + 100));
    rebirth(w, sim::park);
    w.run();
    EXPECT_EQ(heard, Heard());
}

TEST(Identity, OfADeletedSleeperTakesItsTimeoutAlong) {
    test::CheckedWorld w;
    std::uint64_t woken = 0;
    w.spawn(5, 0, [](User u) -> Program { co_await until(u, reborn_at + 500); });
    rebirth(w, [&](User u) -> Program {
        co_await u.sleep(sim::receive_timeout(Micros{3000}));
        woken = u.now().raw();
    });
    w.run();
    EXPECT_GE(woken, reborn_at + 3000);
}

TEST(Identity, OfADeletedDriverTakesItsInterruptAlong) {
    test::CheckedWorld w;
    Heard heard;
    w.spawn(5, 0, [](User u) -> Program {
        co_await u.attach(3);
        co_await u.receive(l4_irq_id(3));
    });
    rebirth(w, listener(heard));
    w.at(Micros{reborn_at + 100}, Line{3});
    w.run();
    EXPECT_EQ(heard, Heard());
    EXPECT_TRUE(w.machine().irqs().masked(Line{3}));
}

TEST(Identity, OfADeletedClientTakesItsPageFaultAlong) {
    test::CheckedWorld w;
    Heard heard;
    w.spawn(6, 0, listener(heard, reborn_at + 100));
    w.spawn(5, 0, [](User u) -> Program {
        co_await u(sim::ExRegs{.target = 0, .pager = b});
        co_await u.load8(0x10000000);
    });
    rebirth(w, sim::park);
    w.run();
    EXPECT_EQ(heard, Heard());
}

/// B sends A a message into a page that is missing.
void transfer_to_a(sim::World& w, Word& told) {
    w.spawn(5, 0, [](User u) -> Program {
        sim::MessageBuffer m(0x10000000, 2, 1);
        m.set_string(0, {0, 0, 100, 0x10800000});
        co_await u.put(m);
        co_await u(sim::ExRegs{.target = 0, .pager = c});
        co_await u(sim::Ipc{.receive = 0x10000000 | L4_RCV_OPEN});
    });
    w.spawn(6, 0, [&](User u) -> Program {
        sim::MessageBuffer m(0x10000000, 2, 1);
        m.send(2, 1);
        m.set_string(0, {100, 0x10000000, 0, 0});
        co_await u.put(m);
        co_await until(u, reborn_at - 100);
        told = (co_await u(sim::Ipc{.partner = a, .send = 0x10000000})).error();
    });
}

TEST(Identity, OfADeletedPartnerEndsItsTransfer) {
    test::CheckedWorld w;
    Heard heard, faults;
    Word told = 0;
    w.spawn(7, 0, listener(faults));
    transfer_to_a(w, told);
    rebirth(w, listener(heard));
    w.run();
    EXPECT_EQ(faults.size(), 1u);
    EXPECT_EQ(told, L4_IPC_SEABORTED);
    EXPECT_EQ(heard, Heard());
}

TEST(Identity, OfADeletedPartnerIsNotAnsweredByThePagerButByItsNumber) {
    for (const bool waits : {false, true}) {
        test::CheckedWorld w;
        Heard heard;
        Word told = 0, answer = ~0u;
        w.spawn(7, 0, [&](User u) -> Program {
            const sim::IpcResult m = co_await u.wait();
            co_await until(u, reborn_at + 100);
            answer = (co_await u.send(m.from, 0x01d, 0, L4_TIMEOUT_SND_ZERO)).error();
        });
        transfer_to_a(w, told);
        rebirth(w, waits ? listener(heard) : sim::Body(sim::park));
        w.run();
        EXPECT_EQ(answer, waits ? L4_IPC_OK : L4_IPC_SETIMEOUT);
        EXPECT_EQ(heard, waits ? Heard{0x01d} : Heard()) << "who waits for anybody has what anybody sends";
    }
}

TEST(Identity, IsANumberToWhoWaitsForIt) {
    test::CheckedWorld w;
    Word got = 0;
    w.spawn(5, 0, sim::park);
    w.spawn(6, 0, [&](User u) -> Program { got = (co_await u.receive(a)).w0; });
    rebirth(w, [](User u) -> Program { co_await u.send(b, 0x2d, 0); });
    w.run();
    EXPECT_EQ(got, 0x2du);
}

TEST(Identity, IsANumberToWhoHasItAsPager) {
    test::CheckedWorld w;
    Heard heard;
    w.spawn(5, 0, sim::park);
    w.spawn(6, 0, [](User u) -> Program {
        co_await u(sim::ExRegs{.target = 0, .pager = a});
        co_await until(u, reborn_at + 100);
        co_await u.load8(0x10000000);
    });
    rebirth(w, listener(heard));
    w.run();
    EXPECT_EQ(heard, Heard{0x10000000});
}

TEST(Identity, OfADeletedDonorOrDoneeEndsTheDonation) {
    for (const bool donor : {true, false}) {
        test::CheckedWorld w({.instruction_time = Micros{1}});
        const l4_threadid_t other = donor ? b : a;
        const auto switches = [=](User u) -> Program {
            for (;;) co_await u(sim::ThreadSwitch{.to = other});
        };
        const auto works = [](User u) -> Program {
            for (;;) co_await u.compute(10);
        };
        w.spawn({.task = 6, .program = w.program(donor ? sim::Body(works) : sim::Body(switches)), .prio = 8});
        w.spawn({.task = 5, .program = w.program(donor ? sim::Body(switches) : sim::Body(works)), .prio = 8});
        rebirth(w, sim::park);
        w.run(20000);
        EXPECT_EQ(w.kernel().scheduler().donor(), nullptr);
        EXPECT_TRUE(w.find(b)->ready());
        EXPECT_GT(w.now(), Micros{reborn_at});
    }
}

TEST(Identity, OfADeletedPreempterIsKeptAsItWasGiven) {
    test::CheckedWorld w;
    Heard heard;
    sim::ScheduleResult before, after;
    w.spawn(5, 0, sim::park);
    w.spawn(6, 0, sim::park);
    w.spawn(L4_TASK_ROOT, 2, [&](User u) -> Program {
        co_await until(u, reborn_at - 100);
        before =
            co_await u(sim::ThreadSchedule{.thread = b, .param = l4_sched_param(8, 39, 11), .preempter = a});
        co_await until(u, end);
        after = co_await u(sim::ThreadSchedule{.thread = b});
    });
    rebirth(w, listener(heard));
    w.run();
    EXPECT_TRUE(before.ok());
    EXPECT_EQ(after.preempter.low, a.low);
    EXPECT_EQ(heard, Heard());
}

} // namespace
} // namespace attack
