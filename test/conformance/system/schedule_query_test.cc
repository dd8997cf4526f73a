// SPDX-License-Identifier: BSD-2-Clause
// thread_schedule: what it tells.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/stage.h"
#include "test/conformance/system/support/timeline.h"

namespace conformance::system {
namespace {

using sim::Ipc;
using sim::ScheduleResult;
using sim::ThreadSchedule;

constexpr std::uint32_t default_slice = l4_sched_param(0, 156, 12);

/// What a query says of b, an actor that has been told to make this IPC.
ScheduleResult while_in(const Ipc& ipc) {
    Stage s;
    s.spawn(5);
    s.spawn(6);
    s.spawn(7);
    ScheduleResult answer;
    s.play([&](User u) -> Program {
        co_await s.begin(u, b, ipc);
        answer = co_await u(ThreadSchedule{.thread = b});
    });
    return answer;
}

void expect(const ScheduleResult& answer, std::uint32_t state, l4_threadid_t partner) {
    EXPECT_EQ(answer.state(), state);
    EXPECT_EQ(bits(answer.partner), bits(partner));
}

TEST(ThreadSchedule, AQueryTellsAndChangesNothing) {
    ABI_ROW(schedule_query);
    Stage s;
    s.spawn(5);
    s.spawn({.task = 6, .mcp = 16});
    s.spawn(7);
    ScheduleResult first, second;
    s.play([&](User u) -> Program {
        first = co_await s.call(u, b, ThreadSchedule{.thread = a, .preempter = c});
        second = co_await s.call(u, b, ThreadSchedule{.thread = a, .preempter = c});
    });
    for (const ScheduleResult& r : {first, second}) {
        EXPECT_EQ(r.param, 16 | L4_STATE_WAITING << L4_SCHED_STATE_SHIFT | default_slice);
        EXPECT_EQ(bits(r.preempter), 0u);
        EXPECT_EQ(bits(r.partner), bits(reported(L4_TASK_ROOT, 1, L4_TASK_KERNEL)));
        EXPECT_EQ(r.consumed, 0u);
    }
}

TEST(ThreadSchedule, AReadyThreadIsRunningAndHasNoPartner) {
    ABI_ROW(schedule_state_running);
    World w;
    ScheduleResult ready, self;
    w.spawn(5, [&](User u) -> Program {
        ready = co_await u(ThreadSchedule{.thread = b});
        self = co_await u(ThreadSchedule{.thread = a});
    });
    w.spawn(6, sim::park);
    w.run();
    expect(ready, L4_STATE_RUNNING, l4_nil_id());
    expect(self, L4_STATE_RUNNING, l4_nil_id());
}

TEST(ThreadSchedule, AThreadThatWaitsForAMessageTellsFromWhom) {
    ABI_ROW(schedule_state_waiting);
    expect(while_in({.partner = c, .receive = 0}), L4_STATE_WAITING, reported(7, 0, 4));
    expect(while_in({.partner = c, .receive = L4_RCV_OPEN}), L4_STATE_WAITING, l4_nil_id());
    expect(while_in({.partner = {0, 0x1234}, .receive = 0}), L4_STATE_WAITING, l4_nil_id());
}

TEST(ThreadSchedule, AThreadThatWaitsForAnInterruptTellsWhich) {
    ABI_ROW(schedule_state_waiting);
    World w;
    ScheduleResult answer;
    w.spawn(6, [](User u) -> Program {
        co_await u.attach(3);
        co_await u.receive({l4_irq_id(3).low, L4_IPC_PREEMPTION});
    });
    w.spawn(5, [&](User u) -> Program { answer = co_await u(ThreadSchedule{.thread = b}); });
    w.run();
    expect(answer, L4_STATE_WAITING, l4_irq_id(3));
}

TEST(ThreadSchedule, AThreadThatWaitsToSendTellsToWhom) {
    ABI_ROW(schedule_state_pending_send);
    expect(while_in({.partner = a, .send = 0}), L4_STATE_PENDING_SEND, reported(5, 0, 4));
    expect(while_in({.partner = a, .send = 0, .receive = 0}), L4_STATE_PENDING_SEND, reported(5, 0, 4));
}

TEST(ThreadSchedule, ADeadThreadCanBeScheduledAllTheSame) {
    ABI_ROW(schedule_state_dead);
    Stage s;
    s.spawn(5);
    s.spawn({.task = 6, .pager = l4_threadid(99, 0)});
    constexpr l4_threadid_t unborn = l4_threadid(5, 1);
    ScheduleResult of_unborn, of_killed, set, query;
    s.play([&](User u) -> Program {
        co_await s.call(u, a, sim::ExRegs{.target = 1});
        of_unborn = co_await u(ThreadSchedule{.thread = unborn});
        co_await s.begin_load(u, b, 0x10000000);
        of_killed = co_await u(ThreadSchedule{.thread = b});
        set = co_await u(ThreadSchedule{.thread = b, .param = l4_sched_param(33, 80, 11)});
        query = co_await u(ThreadSchedule{.thread = b});
    });
    expect(of_unborn, L4_STATE_DEAD, l4_nil_id());
    expect(of_killed, L4_STATE_DEAD, l4_nil_id());
    EXPECT_TRUE(set.ok());
    EXPECT_EQ(query.prio(), 33u);
    EXPECT_EQ(query.param & L4_SCHED_TIME_MAN_MASK, 82u << L4_SCHED_TIME_MAN_SHIFT);
}

TEST(ThreadSchedule, TellsTheConsumedTime) {
    ABI_ROW(schedule_consumed_time);
    World w;
    const Timeline timeline(w);
    ScheduleResult other, self;
    w.spawn({.task = 8,
             .program = w.program([](User u) -> Program {
                 co_await u.sleep(sim::receive_timeout(Micros{3000 - 3000 % 64}));
                 co_await u.compute(5000);
             }),
             .prio = 20});
    w.spawn(5, [](User u) -> Program {
        co_await u(ThreadSchedule{.thread = a, .param = l4_sched_param(16, 0, 0)});
        co_await u.compute(3000);
        co_await u.compute(1u << 31);
        co_await u.compute(1u << 31);
    });
    w.spawn(6, [&](User u) -> Program {
        co_await u.compute(700);
        other = co_await u(ThreadSchedule{.thread = a});
        self = co_await u(ThreadSchedule{.thread = b});
    });
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 8@2944 5@7944 6@4294975296 idle@4294975996");
    EXPECT_EQ(other.consumed, (std::uint64_t{1} << 32) + 3000);
    EXPECT_EQ(self.consumed, 700u);
}

/// Of the consumed time it tells 48 bits: the high half of EDX stays 0, also when time goes beyond them.
TEST(ThreadSchedule, TellsOnly48BitsOfTheConsumedTime) {
    ABI_ROW(schedule_consumed_time);
    constexpr std::uint64_t most = (std::uint64_t{1} << L4_SCHED_TIME_BITS) - 1, more = 0x12345;
    World w;
    std::vector<ScheduleResult> answers;
    w.spawn(5, [&](User u) -> Program {
        const ThreadSchedule query{.thread = a};
        const auto pass = [&](std::uint64_t us) { u.world().machine().timer().advance(Micros{us}); };
        co_await u(ThreadSchedule{.thread = a, .param = l4_sched_param(16, 0, 0), .preempter = b});
        answers.push_back(co_await u(query));
        pass(most - answers[0].consumed);
        answers.push_back(co_await u(query));
        pass(more + 1);
        answers.push_back(co_await u(query));
    });
    w.spawn(6, sim::park);
    w.run();
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_LT(answers[0].consumed, most);
    EXPECT_EQ(answers[1].consumed, most);
    EXPECT_EQ(answers[2].consumed, more);
    EXPECT_EQ(w.find(a)->consumed().raw(), most + 1 + more);
    for (const ScheduleResult& r : answers) {
        EXPECT_EQ(r.param, answers[0].param);
        EXPECT_EQ(r.state(), L4_STATE_RUNNING);
        EXPECT_EQ(bits(r.preempter), bits(b));
        EXPECT_EQ(bits(r.partner), 0u);
    }
}

} // namespace
} // namespace conformance::system
