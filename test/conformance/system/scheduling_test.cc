// SPDX-License-Identifier: BSD-2-Clause
// Who runs when: queues, slices, and what a message does to them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/timeline.h"

namespace conformance::system {
namespace {
using sim::Ipc;
using sim::ThreadSchedule;

/// A program that needs the processor for so long.
sim::Body works(std::uint32_t us) {
    return [us](User u) -> Program { co_await u.compute(us); };
}

/// Receives one message, then appends its letter.
sim::Body receives(std::string& order, char letter) {
    return [&order, letter](User u) -> Program {
        co_await u.wait();
        order += letter;
    };
}

/// Sends one message, then appends its letter.
sim::Body sends(std::string& order, char letter, l4_threadid_t to, std::uint32_t descriptor = 0) {
    return [&order, letter, to, descriptor](User u) -> Program {
        co_await u(Ipc{.partner = to, .send = descriptor});
        order += letter;
    };
}

TEST(Scheduling, TheHighestPriorityRunsUntilItBlocks) {
    ABI_ROW(sched_highest_runs);
    World w;
    const std::vector<std::uint8_t> prios{0, 254, 16, 255, 1};
    std::vector<unsigned> order;
    const sim::Entry worker = w.program([&](User u) -> Program {
        order.push_back(u.world().current().prio().raw());
        co_await u.compute(20000);
        order.push_back(u.world().current().prio().raw());
    });
    for (std::uint16_t n = 0; n < prios.size(); ++n)
        w.spawn({.task = static_cast<std::uint16_t>(10 + n), .program = worker, .prio = 1});
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await u(
            ThreadSchedule{.thread = l4_threadid(L4_TASK_ROOT, 1), .param = l4_sched_param(255, 39, 11)});
        for (std::uint16_t n = 0; n < prios.size(); ++n)
            co_await u(
                ThreadSchedule{.thread = l4_threadid(10u + n, 0), .param = l4_sched_param(prios[n], 39, 11)});
    });
    w.run();
    EXPECT_EQ(order, (std::vector<unsigned>{255, 255, 254, 254, 16, 16, 1, 1, 0, 0}));
}

TEST(Scheduling, AWakeUpOfHigherPriorityPreempts) {
    ABI_ROW(sched_wakeup_preempts);
    World w;
    const Timeline timeline(w);
    std::uint64_t left = 0;
    const sim::Entry urgent = w.program([](User u) -> Program {
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        co_await u.compute(500);
    });
    w.spawn({.task = 5, .program = urgent, .prio = 17});
    w.spawn(6, [&](User u) -> Program {
        co_await u.compute(5000);
        co_await u(sim::IdNearest{}); // charges what was run
        left = u.world().current().remaining().raw();
    });
    w.spawn(7, works(100));
    w.run();
    EXPECT_EQ(timeline.text(), "6@0 5@1000 6@1500 7@5500 idle@5600");
    EXPECT_EQ(left, 5000u);
}

TEST(Scheduling, AWakeUpOfEqualPriorityDoesNotPreempt) {
    ABI_ROW(sched_wakeup_equal_does_not_preempt);
    World w;
    const Timeline timeline(w);
    w.spawn(5, [](User u) -> Program {
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        co_await u.compute(100);
    });
    w.spawn(6, works(3000));
    w.spawn(7, works(200));
    w.run();
    EXPECT_EQ(timeline.text(), "6@0 7@3000 5@3200 idle@3300");
}

TEST(Scheduling, EqualPrioritiesTakeTurns) {
    ABI_ROW(sched_round_robin);
    World w;
    const Timeline timeline(w);
    w.spawn(5, works(25000));
    w.spawn(6, works(15000));
    w.spawn(7, works(30000));
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 6@10000 7@20000 5@30000 6@40000 7@45000 5@55000 7@60000 idle@70000");
}

TEST(Scheduling, ASliceEndsOnlyWithATimerEvent) {
    ABI_ROW(sched_slice_ends_only_with_timer);
    struct Gate : sim::Interrupts {
        bool open = false;
        bool now(sim::World&, Line) override { return open; }
    } gate;
    World w;
    std::string order;
    std::uint64_t left = 1;
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(12000);
        for (int n = 0; n < 3; ++n) {
            co_await u(sim::IdNearest{});
            order += 'A';
        }
        left = u.world().current().remaining().raw();
        gate.open = true;
        co_await u.compute(0);
        order += 'a';
    });
    w.spawn(6, says(order, 'B'));
    w.set_interrupts(&gate);
    w.run();
    EXPECT_EQ(order, "AAABa");
    EXPECT_EQ(left, 0u);
}

TEST(Scheduling, ASliceIsKeptOverBlocking) {
    ABI_ROW(sched_slice_kept_over_blocking);
    World w;
    const Timeline timeline(w);
    w.spawn(6, [](User u) -> Program {
        co_await u.sleep(sim::receive_timeout(Micros{8000}));
        co_await u.compute(100);
    });
    w.spawn(5, [](User u) -> Program {
        co_await u.compute(6000);
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        co_await u.compute(5000);
    });
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 idle@6000 5@7000 6@11000 5@11100 idle@12100");
}

TEST(Scheduling, AnInfiniteSliceNeverEnds) {
    ABI_ROW(sched_slice_infinite);
    World w;
    const Timeline timeline(w);
    w.spawn(5, [](User u) -> Program {
        co_await u(ThreadSchedule{.thread = a, .param = l4_sched_param(16, 0, 0)});
        co_await u.compute(1000000);
    });
    w.spawn(6, works(100));
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 6@1000000 idle@1000100");
}

TEST(Scheduling, AMessageSwitchesToItsReceiver) {
    ABI_ROW(sched_message_switches_to_receiver);
    World w;
    std::string order;
    w.spawn(6, receives(order, 'B'));
    w.spawn(5, sends(order, 'A', b));
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "BAC");
}

TEST(Scheduling, AMessageWithTheDeceitBitDoesNotSwitch) {
    ABI_ROW(sched_message_deceit_does_not_switch);
    World w;
    std::string order;
    w.spawn(6, receives(order, 'B'));
    w.spawn(5, sends(order, 'A', b, L4_SND_DECEIT));
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "ACB");
}

TEST(Scheduling, PriorityDecidesBetweenSenderAndReceiver) {
    ABI_ROW(sched_message_over_priorities);
    for (const std::uint32_t descriptor : {0u, L4_SND_DECEIT}) {
        World low, high;
        std::string low_order, high_order;
        std::uint64_t left = 0;
        low.spawn({.task = 6, .program = low.program(receives(low_order, 'B')), .prio = 10});
        low.spawn(4, 1, [](User u) -> Program { co_await settle(u); }); // B gets to wait
        low.run();
        low.spawn(5, sends(low_order, 'A', b, descriptor));
        low.run();
        EXPECT_EQ(low_order, "AB");

        high.spawn({.task = 6, .program = high.program(receives(high_order, 'B')), .prio = 20});
        high.spawn(5, [&](User u) -> Program {
            co_await u.compute(4000);
            co_await u(Ipc{.partner = b, .send = descriptor});
            high_order += 'A';
            left = u.world().current().remaining().raw();
        });
        high.run();
        EXPECT_EQ(high_order, "BA");
        EXPECT_EQ(left, L4_SLICE_DEFAULT_US - 4000);
    }
}

TEST(Scheduling, AQueuedSenderGoesToTheTail) {
    ABI_ROW(sched_queued_sender_to_the_tail);
    World w;
    std::string order;
    w.spawn(5, sends(order, 'A', b));
    w.spawn(6, receives(order, 'B'));
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "BCA");
}

TEST(Scheduling, CallAndReplyBothSwitchAtOnce) {
    ABI_ROW(sched_call_and_reply);
    World w;
    std::string order;
    w.spawn(6, [&](User u) -> Program {
        const sim::IpcResult m = co_await u.wait();
        order += 'B';
        co_await u.reply_and_wait(m.from, 0, 0);
        order += 'x';
    });
    w.spawn(5, [&](User u) -> Program {
        order += 'A';
        co_await u.call(b, 0, 0);
        order += 'A';
    });
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "ABAC");
}

TEST(Scheduling, NothingRunsUntilAnEventMakesAThreadReady) {
    ABI_ROW(sched_idle);
    World w;
    const Timeline timeline(w);
    w.spawn(5, [](User u) -> Program {
        co_await u.attach(3);
        co_await u.receive(l4_irq_id(3));
        co_await u.compute(100);
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        co_await u.compute(100);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_TRUE(w.current().idle());
    w.at(Micros{700}, Line{3});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(timeline.text(), "idle@0 5@700 idle@800 5@1800 idle@1900");
}

TEST(Scheduling, ANewThreadGoesToTheTail) {
    ABI_ROW(sched_new_thread_to_the_tail);
    World w;
    std::string order;
    const sim::Entry fresh = w.program(says(order, 'N'));
    w.spawn(5, [&](User u) -> Program {
        co_await u(sim::ExRegs{.target = 1, .esp = 0, .eip = fresh.eip});
        order += 'A';
    });
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "ACN");
}

TEST(Scheduling, APageFaultSwitchesToThePagerAndItsAnswerBack) {
    ABI_ROW(sched_page_fault_switches_to_pager);
    World w;
    std::string order;
    constexpr std::uint32_t page = 0x10000000;
    w.spawn(6, [&](User u) -> Program {
        co_await u.store32(page, 1);
        const sim::IpcResult fault = co_await u.wait();
        order += 'P';
        co_await u.reply_fpage_and_wait(fault.from, page, l4_fpage(page, L4_PAGE_SHIFT, 0));
    });
    w.run();
    const sim::Entry faulting = w.program([&](User u) -> Program {
        co_await u.load32(page);
        order += 'A';
    });
    w.spawn({.task = 5, .program = faulting, .pager = b});
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "PAC");
}

} // namespace
} // namespace conformance::system
