// SPDX-License-Identifier: BSD-2-Clause
// Text that programs print by the machine's debugger, in pieces.
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

class TextTest : public ::testing::Test {
protected:
    static constexpr Word page = 0x40000000, size = 12;

    TextTest() {
        s.machine().attach_debugger();
        s.map_to_root(page);
        s.to_child();
        s.map_to_child(page);
        const char text[size + 1] = "Hello, world";
        std::memcpy(&s.word(child, page), text, size);
    }
    void print(Word at, Word bytes) {
        t().frame.eax = at;
        t().frame.ebx = bytes;
        s.exception(L4_TRAP_BREAKPOINT);
    }
    /// Task 5 prints; root, which is more urgent, wakes up amid that.
    void print_until_root_runs() {
        s.call(sim::Ipc{.partner = root, .send = 0});
        s.call(sim::ThreadSchedule{.thread = child, .param = l4_sched_param(1, 0, 0)});
        s.call(sim::Ipc{.receive = L4_RCV_OPEN, .timeout = l4_timeout(0, 0, 1, 15)});
        ASSERT_TRUE(s.runs(child));
        s.machine().leave_alone(4);
        print(page, size);
        ASSERT_TRUE(t().in_kernel());
        s.pass(1);
        s.event({.kind = kern::Event::Kind::timer});
        ASSERT_TRUE(s.runs(root));
    }
    kern::Thread& t() { return s.thread(child); }
    Stage s;
};

TEST_F(TextTest, GoesOnAtOnceIfNobodyInterrupts) {
    s.machine().leave_alone(~std::uint64_t{0});
    print(page, size);
    EXPECT_TRUE(s.runs(child));
    EXPECT_FALSE(t().in_kernel());
    EXPECT_EQ(s.machine().console(), "Hello, world");
}

TEST_F(TextTest, LetsAnInterruptComeBetweenTwoCharacters) {
    s.machine().leave_alone(4);
    print(page, size);
    EXPECT_TRUE(t().in_kernel());
    EXPECT_EQ(s.machine().console(), "Hell");
    s.settle();
    EXPECT_EQ(s.machine().console(), "Hello, world");
    EXPECT_TRUE(s.runs(child));
}

TEST_F(TextTest, EndsWithItsThread) {
    print_until_root_runs();
    s.call(sim::TaskNew{.task = child, .mcp_or_chief = root.low});
    s.settle();
    EXPECT_EQ(s.kernel().find(kern::ThreadId::of(child)), nullptr);
    EXPECT_EQ(s.machine().console(), "Hell");
}

TEST_F(TextTest, EndsWhereMemoryDoes) {
    std::memcpy(&s.word(child, page + 0xffc), "end.", 4);
    print(page + 0xffc, size);
    s.settle();
    EXPECT_EQ(s.machine().console(), "end.");
    EXPECT_TRUE(s.runs(child));
}

TEST_F(TextTest, MayHaveNoBytes) {
    print(page, 0);
    s.settle();
    EXPECT_EQ(s.machine().console(), "");
    EXPECT_TRUE(s.runs(child));
}

/// Its thread goes on there afterwards.
TEST_F(TextTest, IsNotStoppedByExRegs) {
    constexpr Word elsewhere = 0x7000;
    print_until_root_runs();
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0), .eip = elsewhere});
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    ASSERT_TRUE(s.runs(child));
    s.settle();
    EXPECT_EQ(s.machine().console(), "Hello, world");
    EXPECT_EQ(t().frame.eip, elsewhere);
}

/// Without a debugger it is an exception like any other.
TEST_F(TextTest, NeedsADebugger) {
    Stage without;
    without.to_child();
    without.exception(L4_TRAP_BREAKPOINT);
    EXPECT_TRUE(without.thread(child).dead());
}

} // namespace
