// SPDX-License-Identifier: BSD-2-Clause
// When a long operation goes on in the same entry (docs/semantics.md 1.4).
#include <gtest/gtest.h>

#include "test/kernel/stage.h"

namespace kernel_test {
namespace {

constexpr l4_threadid_t urgent = l4_threadid(6, 0);
constexpr kern::Limits tiny{1, 1, 1, 1, 1};
constexpr sim::TaskNew deletion{.task = child, .mcp_or_chief = root.low};

class GoingOn : public ::testing::Test {
protected:
    GoingOn() : s(0, tiny) { s.settle(); }
    std::uint64_t entries() { return s.machine().event_counters().events[L4_COUNT_RESUME]; }
    Stage s;
};

TEST_F(GoingOn, WithNobodyElse) {
    s.machine().leave_alone(~std::uint64_t{0});
    const std::uint64_t before = entries();
    EXPECT_TRUE(s.call(deletion).ok());
    EXPECT_FALSE(s.thread(root).in_kernel());
    EXPECT_EQ(entries(), before);
}

TEST_F(GoingOn, UntilAnInterruptComes) {
    s.machine().leave_alone(5);
    s.call(deletion);
    EXPECT_TRUE(s.runs(root));
    EXPECT_TRUE(s.thread(root).in_kernel());
    s.settle();
    EXPECT_EQ(s.kernel().find(kern::ThreadId::of(child)), nullptr);
}

/// Whoever becomes ready meanwhile and is more urgent does not wait for the end.
TEST_F(GoingOn, UnlessSomebodyElseIsToRun) {
    s.call(sim::TaskNew{.task = urgent, .mcp_or_chief = 200, .pager = root});
    s.settle();
    ASSERT_NE(s.kernel().find(kern::ThreadId::of(urgent)), nullptr);
    ASSERT_TRUE(s.runs(root));
    s.call(sim::ThreadSchedule{.thread = urgent, .param = l4_sched_param(100, 39, 11)});
    ASSERT_TRUE(s.runs(urgent));
    s.call(sim::Ipc{.partner = child, .send = 0}); // who never receives
    while (!s.runs(root)) s.call(sim::ThreadSwitch{});
    s.machine().leave_alone(~std::uint64_t{0});
    s.call(deletion);
    ASSERT_TRUE(s.runs(urgent));
    EXPECT_EQ(sim::IpcResult::of(sim::Regs::of(s.thread(urgent).frame)).error(), L4_IPC_ENOT_EXISTENT);
    EXPECT_TRUE(s.thread(root).in_kernel());
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    s.settle();
    EXPECT_TRUE(s.runs(root));
    EXPECT_EQ(s.kernel().find(kern::ThreadId::of(child)), nullptr);
}

class Refused : public ::testing::TestWithParam<Word> {}; ///< threads of root, which take frames, too
INSTANTIATE_TEST_SUITE_P(With, Refused, ::testing::Range(1u, 62u, 6u));

/// Frames for a task are filled before it is made, but not when there will be none.
TEST_P(Refused, WhenKernelMemoryIsUsedUp) {
    Stage s(0, {.bytes = 2112, .pages = 4, .timeouts = 1, .threads = 1, .chain = 2}, 13);
    const auto finish = [&] {
        for (int n = 0; s.thread(root).in_kernel(); ++n) {
            ASSERT_LT(n, 1000);
            s.resume();
        }
    };
    s.settle();
    for (Word lthread = 1; lthread < GetParam(); ++lthread) {
        s.call(sim::ExRegs{.target = lthread});
        s.settle();
    }
    sim::TaskNew::Result made{};
    Word task = 6;
    do {
        ASSERT_TRUE(s.runs(root));
        s.call(sim::TaskNew{.task = l4_threadid(++task, 0), .mcp_or_chief = 50, .pager = root});
        ASSERT_NO_FATAL_FAILURE(finish());
        made = sim::TaskNew::Result::of(sim::Regs::of(s.thread(root).frame));
    } while (made.ok());
    EXPECT_EQ(made.eax, L4_TASK_NEW_ENOMEM);
    EXPECT_GT(task, 10u);
}

} // namespace
} // namespace kernel_test
