// SPDX-License-Identifier: BSD-2-Clause
// thread_schedule: what it refuses and what it sets.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/raw.h"
#include "test/conformance/system/support/stage.h"
#include "test/conformance/system/support/timeline.h"

namespace conformance::system {
namespace {

using sim::ScheduleResult;
using sim::ThreadSchedule;
using RawSchedule = Raw<L4_VEC_THREAD_SCHEDULE>;

constexpr std::uint32_t default_slice = l4_sched_param(0, 156, 12), twenty_ms = l4_sched_param(0, 80, 11);

std::uint64_t slice_of(Stage& s, l4_threadid_t id) { return s.world().find(id)->slice().raw(); }

/// Thread b has maximum priority `mcp` and makes these calls.  No thread's priority or slice is changed.
void expect_refusals(std::uint8_t mcp, const std::vector<ThreadSchedule>& calls) {
    Stage s;
    s.spawn(5);
    s.spawn({.task = 6, .mcp = mcp});
    std::size_t refusals = 0;
    s.play([&](User u) -> Program {
        for (const ThreadSchedule& call : calls) {
            sim::Regs in = call.regs();
            in.ecx = 0x77777777;
            in.edx = 0x88888888;
            const sim::Regs out = co_await s.call(u, b, RawSchedule{in});
            if (out == with_eax(in, L4_SCHED_ERROR)) ++refusals;
        }
    });
    EXPECT_EQ(refusals, calls.size());
    for (const l4_threadid_t id : {a, b}) {
        EXPECT_EQ(s.world().find(id)->prio(), kern::Prio{L4_PRIO_ROOT});
        EXPECT_EQ(slice_of(s, id), L4_SLICE_DEFAULT_US);
    }
}

TEST(ThreadSchedule, OfNoThreadIsRefused) {
    ABI_ROW(schedule_no_such_thread);
    std::vector<ThreadSchedule> calls;
    for (const l4_threadid_t id : {l4_threadid(99, 0), l4_threadid(5, 1), l4_nil_id(), l4_invalid_id(),
                                   l4_irq_id(3), l4_threadid(0, 5)}) {
        calls.push_back({.thread = id});
        calls.push_back({.thread = id, .param = 1 | default_slice, .preempter = a});
    }
    expect_refusals(255, calls);
}

TEST(ThreadSchedule, OfAThreadAboveTheCallersMcpIsRefused) {
    ABI_ROW(schedule_target_above_mcp);
    expect_refusals(15, {{.thread = a}, {.thread = a, .param = 1 | twenty_ms}, {.thread = b}});
}

TEST(ThreadSchedule, APriorityAboveTheCallersMcpIsRefused) {
    ABI_ROW(schedule_prio_above_mcp);
    expect_refusals(20, {{.thread = a, .param = 21 | twenty_ms}, {.thread = b, .param = 255 | twenty_ms}});
}

TEST(ThreadSchedule, AModeOtherThanNormalIsRefused) {
    ABI_ROW(schedule_mode_not_normal);
    std::vector<ThreadSchedule> calls;
    for (std::uint32_t mode = 1; mode <= 15; ++mode)
        calls.push_back({.thread = a, .param = 10 | twenty_ms | mode << L4_SCHED_MODE_SHIFT});
    expect_refusals(255, calls);
}

TEST(ThreadSchedule, SetsAPriorityUpToTheCallersMcp) {
    ABI_ROW(schedule_sets_prio);
    Stage s;
    s.spawn(5);
    s.spawn({.task = 6, .mcp = 20});
    ScheduleResult first, query;
    s.play([&](User u) -> Program {
        first = co_await s.call(u, b, ThreadSchedule{.thread = a, .param = 20 | twenty_ms});
        query = co_await s.call(u, b, ThreadSchedule{.thread = a});
    });
    const std::uint32_t waiting = L4_STATE_WAITING << L4_SCHED_STATE_SHIFT;
    EXPECT_EQ(first.param, 16 | waiting | default_slice);
    EXPECT_EQ(query.param, 20 | waiting | l4_sched_param(0, 82, 11));
    EXPECT_EQ(s.world().find(a)->prio(), kern::Prio{20});
}

TEST(ThreadSchedule, MayPreemptTheCaller) {
    ABI_ROW(schedule_preempts_caller);
    World w;
    std::string order;
    ScheduleResult of_b, of_itself;
    w.spawn(5, [&](User u) -> Program {
        of_b = co_await u(ThreadSchedule{.thread = b, .param = 17 | default_slice});
        order += 'A';
        of_itself = co_await u(ThreadSchedule{.thread = a, .param = 15 | default_slice});
        order += 'a';
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "BACa");
    EXPECT_EQ(of_b.param, 16 | default_slice);
    EXPECT_EQ(of_itself.param, 16 | default_slice);
}

TEST(ThreadSchedule, ANewPriorityPutsBehindThoseThatHaveIt) {
    ABI_ROW(schedule_new_prio_to_the_tail);
    World w;
    std::string order;
    w.spawn({.task = 10, .program = w.program(says(order, 'X')), .prio = 10});
    w.spawn({.task = 11, .program = w.program(says(order, 'Y')), .prio = 10});
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = b, .param = 10 | default_slice});
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.run();
    EXPECT_EQ(order, "AXYB");
}

TEST(ThreadSchedule, TheSamePriorityMovesNothing) {
    ABI_ROW(schedule_same_prio_keeps_place);
    World w;
    std::string order;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = b, .param = 16 | default_slice});
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(7, says(order, 'C'));
    w.spawn(8, says(order, 'D'));
    w.run();
    EXPECT_EQ(order, "ABCD");
}

TEST(ThreadSchedule, SetsASliceRoundedUpToMilliseconds) {
    ABI_ROW(schedule_sets_slice);
    World w;
    const Timeline timeline(w);
    ScheduleResult query;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = a, .param = 16 | twenty_ms});
        query = co_await u(ThreadSchedule{.thread = a});
        co_await u.compute(50000);
    });
    w.spawn(6, [](User u) -> Program { co_await u.compute(20000); });
    w.run();
    EXPECT_EQ(query.param, l4_sched_param(16, 82, 11));
    EXPECT_EQ(timeline.text(), "5@0 6@21000 5@31000 6@52000 5@62000 idle@70000");
}

TEST(ThreadSchedule, SettingASliceRefillsIt) {
    ABI_ROW(schedule_slice_is_refilled);
    World w;
    const Timeline timeline(w);
    w.spawn(5, [](User u) -> Program {
        co_await u.compute(9000);
        co_await u(ThreadSchedule{.thread = a, .param = 16 | default_slice});
        co_await u.compute(12000);
    });
    w.spawn(6, [](User u) -> Program { co_await u.compute(100); });
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 6@19000 5@19100 idle@21100");
}

/// The time field that a query reports after another was set, and the slice in us.
struct Slice {
    std::uint32_t field = 0;
    std::uint64_t us = 0;
};

Slice slice_after(std::uint32_t field) {
    Stage s;
    s.spawn(5);
    ScheduleResult query;
    s.play([&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = a, .param = 16 | field});
        query = co_await u(ThreadSchedule{.thread = a});
    });
    return {query.param & (L4_SCHED_TIME_EXP_MASK | L4_SCHED_TIME_MAN_MASK), slice_of(s, a)};
}

TEST(ThreadSchedule, TakesAtLeastAMillisecondAndExponent0AsInfinite) {
    ABI_ROW(schedule_slice_edges);
    const Slice shortest = slice_after(l4_sched_param(0, 1, 15)),
                nothing = slice_after(l4_sched_param(0, 0, 5)),
                infinite = slice_after(l4_sched_param(0, 255, 0));
    EXPECT_EQ(shortest.us, 1000u);
    EXPECT_EQ(shortest.field, l4_sched_param(0, 250, 14));
    EXPECT_EQ(nothing.us, 1000u);
    EXPECT_EQ(infinite.us, kern::never.raw());
    EXPECT_EQ(infinite.field, 0u);
}

TEST(ThreadSchedule, ReportsASliceAsFinelyAsItCan) {
    ABI_ROW(schedule_reports_slice);
    struct Case {
        std::uint32_t man, exp;
        std::uint64_t us;
    };
    for (const Case& x : {Case{250, 14, 1000},
                          {156, 12, 10000},
                          {249, 10, 255000},
                          {244, 9, 1000000},
                          {255, 1, 68451042000}}) {
        const Slice got = slice_after(l4_sched_param(0, x.man, x.exp));
        EXPECT_EQ(got.us, x.us);
        EXPECT_EQ(got.field, l4_sched_param(0, x.man, x.exp));
    }
}

TEST(ThreadSchedule, IgnoresSmallSpaces) {
    ABI_ROW(schedule_ignores_small_space);
    Stage s;
    s.spawn(5);
    ScheduleResult set, query;
    s.play([&](User u) -> Program {
        set = co_await u(ThreadSchedule{.thread = a, .param = 10 | L4_SCHED_SMALL_MASK | default_slice});
        query = co_await u(ThreadSchedule{.thread = a});
    });
    EXPECT_TRUE(set.ok());
    EXPECT_EQ(query.prio(), 10u);
    EXPECT_EQ(query.param & L4_SCHED_SMALL_MASK, 0u);
}

TEST(ThreadSchedule, SetsThePreempterAsGiven) {
    ABI_ROW(schedule_sets_preempter);
    Stage s;
    s.spawn(5);
    s.spawn(6);
    constexpr l4_threadid_t strange{b.low | L4_ID_VERSION_LOW_MASK, 0xabcdef12};
    ScheduleResult set, removed, query;
    s.play([&](User u) -> Program {
        set = co_await u(ThreadSchedule{.thread = a, .param = 16 | default_slice, .preempter = strange});
        removed =
            co_await u(ThreadSchedule{.thread = a, .param = 16 | default_slice, .preempter = l4_nil_id()});
        query = co_await u(ThreadSchedule{.thread = a});
    });
    EXPECT_EQ(bits(set.preempter), 0u);
    EXPECT_EQ(bits(removed.preempter), bits(strange));
    EXPECT_EQ(bits(query.preempter), 0u);
}

TEST(ThreadSchedule, KeepsThePreempterForMinus1AndForNoThread) {
    ABI_ROW(schedule_keeps_preempter);
    Stage s;
    s.spawn(5);
    s.spawn(6);
    ScheduleResult kept, ignored, query;
    s.play([&](User u) -> Program {
        co_await u(ThreadSchedule{.thread = a, .param = 16 | default_slice, .preempter = b});
        co_await u(
            ThreadSchedule{.thread = a, .param = 11 | default_slice, .preempter = {L4_INVALID_LOW, 7}});
        kept = co_await u(ThreadSchedule{.thread = a});
        co_await u(ThreadSchedule{.thread = a, .param = 12 | default_slice, .preempter = l4_threadid(99, 0)});
        ignored = co_await u(ThreadSchedule{.thread = a});
        query = co_await u(ThreadSchedule{.thread = a});
    });
    EXPECT_EQ(bits(kept.preempter), bits(b));
    EXPECT_EQ(kept.prio(), 11u);
    EXPECT_EQ(bits(ignored.preempter), bits(b));
    EXPECT_EQ(ignored.prio(), 12u);
    EXPECT_EQ(bits(query.preempter), bits(b));
}

} // namespace
} // namespace conformance::system
