// SPDX-License-Identifier: BSD-2-Clause
// Time limits (docs/semantics.md 15).
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

class TimeLimitTest : public ::testing::Test {
protected:
    TimeLimitTest() {
        s.root_takes_exceptions(L4_UTCB_TIME_LIMIT);
        s.to_child();
    }
    kern::Thread& t() { return s.thread(child); }
    std::uint64_t now() { return s.machine().now().raw(); }
    void set_limit(std::uint64_t at) {
        s.utcb(root).time_limit[0] = static_cast<Word>(at);
        s.utcb(root).time_limit[1] = static_cast<Word>(at >> 32);
    }
    void fault_and_answer(std::uint64_t limit) {
        s.page_fault(0x1000, 4);
        set_limit(limit);
        s.answer();
        ASSERT_TRUE(s.runs(child));
    }
    Stage s;
};

TEST_F(TimeLimitTest, ComesAtItsTime) {
    fault_and_answer(now() + 300);
    EXPECT_EQ(s.kernel().armed_timer().raw(), now() + 300);
    s.pass(299);
    s.event({.kind = kern::Event::Kind::timer});
    EXPECT_FALSE(t().in_kernel());
    s.pass(1);
    s.event({.kind = kern::Event::Kind::timer});
    ASSERT_TRUE(t().in_kernel() && t().time_fault());
    EXPECT_EQ(t().time_limit(), kern::never);
    s.resume();
    ASSERT_TRUE(s.runs(root));
    EXPECT_EQ(s.utcb(root).state.trapno, L4_TRAP_TIME);
    EXPECT_EQ(s.utcb(root).state.err, 0u);
    set_limit(~std::uint64_t{0});
    s.answer();
    EXPECT_TRUE(s.runs(child) && !t().in_kernel());
}

TEST_F(TimeLimitTest, DoesNotDrift) {
    std::uint64_t at = now();
    fault_and_answer(at += 1000);
    for (int i = 0; i < 10000; ++i) {
        s.pass(at - now()); // to the tick
        s.machine().timer().fired();
        s.event({.kind = kern::Event::Kind::timer});
        s.settle();
        ASSERT_TRUE(s.runs(root));
        ASSERT_EQ(s.utcb(root).state.trapno, L4_TRAP_TIME);
        ASSERT_EQ(now(), at);
        s.pass(7);
        set_limit(at += 1000);
        s.answer();
        ASSERT_TRUE(s.runs(child));
        ASSERT_LE(s.kernel().armed_timer().raw(), at);
    }
}

TEST_F(TimeLimitTest, OneThatHasPassedComesAtOnce) {
    s.pass(1000);
    fault_and_answer(999);
    EXPECT_TRUE(t().time_fault());
}

TEST_F(TimeLimitTest, IsKeptUnlessThePagerSaysSomething) {
    fault_and_answer(now() + 5000);
    s.utcb(root).status = L4_UTCB_EXCEPTIONS;
    s.page_fault(0x1000, 4);
    set_limit(1);
    s.answer();
    EXPECT_EQ(t().time_limit().raw(), now() + 5000);
    s.utcb(root).status |= L4_UTCB_TIME_LIMIT;
    s.page_fault(0x1000, 4);
    set_limit(~std::uint64_t{0});
    s.answer();
    EXPECT_EQ(t().time_limit(), kern::never);
}

TEST_F(TimeLimitTest, WaitsWhileTheThreadDoes) {
    fault_and_answer(now() + 300);
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    ASSERT_TRUE(s.running().idle());
    EXPECT_EQ(s.kernel().armed_timer(), kern::never);
    s.pass(1000);
    s.event({.kind = kern::Event::Kind::timer});
    EXPECT_TRUE(s.running().idle());
    EXPECT_FALSE(t().time_fault());
}

TEST_F(TimeLimitTest, IsForgottenAtDeath) {
    fault_and_answer(now() + 300);
    s.utcb(root).status = 0;
    s.exception(6);
    EXPECT_TRUE(t().dead());
    EXPECT_EQ(t().time_limit(), kern::never);
}

} // namespace
