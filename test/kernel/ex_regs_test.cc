// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs in other tasks, with state, stopping (docs/semantics.md 13, 14).
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

constexpr Word target = l4_ex_regs_target(5, 0);

class ExRegsTest : public ::testing::Test {
protected:
    kern::Thread& t() { return s.thread(child); }
    sim::ExRegsResult ex(Word flags, Word eip = L4_EX_REGS_KEEP, Word esp = L4_EX_REGS_KEEP) {
        return s.call(sim::ExRegs{.target = target | flags, .esp = esp, .eip = eip});
    }
    l4_utcb_t& mine() { return s.utcb(root); }
    bool stopped() { return t().wait().what == kern::Wait::For::stopped; }
    /// The state word of thread_schedule.
    Word state() { return s.call(sim::ThreadSchedule{.thread = child}).state(); }
    void fill_state(Word words) {
        mine().state = {.gs = 0x23,
                        .fs = 0x23,
                        .edi = 1,
                        .esi = 2,
                        .ebp = 3,
                        .pfa = 0,
                        .ebx = 5,
                        .edx = 6,
                        .ecx = 7,
                        .eax = 8,
                        .trapno = 9,
                        .err = 9,
                        .eip = 0x1110,
                        .cs = 9,
                        .eflags = 1,
                        .esp = 0x2220};
        mine().snd_size = words;
    }
    Stage s;
};

// --- another task

TEST_F(ExRegsTest, ThePagersTaskMayAndOthersMayNot) {
    EXPECT_EQ(ex(0, 0x7000, 0x8000).eip, Stage::child_ip);
    EXPECT_EQ(t().frame.eip, 0x7000u);
    EXPECT_EQ(t().frame.esp, 0x8000u);
    s.call(sim::ExRegs{.target = target, .pager = sigma0});
    const sim::ExRegs again{.target = target, .esp = 1, .eip = 2, .pager = root, .preempter = root};
    s.call(again);
    sim::Regs expected = again.regs();
    expected.eax = L4_EX_REGS_ERROR;
    EXPECT_EQ(sim::Regs::of(s.thread(root).frame), expected);
    EXPECT_EQ(t().frame.eip, 0x7000u);
    EXPECT_FALSE(s.call(sim::ExRegs{.target = l4_ex_regs_target(77, 0)}).ok());
    EXPECT_FALSE(s.call(sim::ExRegs{.target = l4_ex_regs_target(L4_TASK_SIGMA0, 0)}).ok());
}

TEST_F(ExRegsTest, AThreadIsCreatedAndPaidThere) {
    s.call(sim::TaskNew{
        .task = l4_threadid(6, 0), .mcp_or_chief = l4_task_new_create(10, L4_KMEM_TASK + 2), .pager = root});
    const kern::Task& task = s.thread(l4_threadid(6, 0)).task();
    for (Word i = 1; i <= 5; ++i) {
        s.call(sim::ExRegs{.target = l4_ex_regs_target(6, 10 - i), .esp = 0x10, .eip = 0x20, .pager = root});
        const kern::Thread& made = s.thread(l4_threadid(6, 10 - i));
        EXPECT_EQ(made.mcp(), 10u);
        EXPECT_EQ(made.prio().raw(), L4_PRIO_ROOT);
        EXPECT_TRUE(made.ready());
    }
    EXPECT_EQ(task.account().used(), L4_KMEM_TASK + 2);
    EXPECT_FALSE(s.call(sim::ExRegs{.target = l4_ex_regs_target(6, 20), .eip = 1}).ok()); // no memory left
    // Thread 0 first, then theirs in order of creation, whatever root created in between: task_new ends.
    EXPECT_TRUE(s.call(sim::TaskNew{.task = l4_threadid(6, 0), .mcp_or_chief = root.low}).ok());
    s.settle();
    EXPECT_EQ(s.kernel().tasks().task(kern::TaskNo{6}), nullptr);
}

TEST_F(ExRegsTest, CreatesWithState) {
    fill_state(16);
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 7) | L4_EX_REGS_STATE_SET, .pager = root});
    const kern::Thread& made = s.thread(l4_threadid(5, 7));
    EXPECT_TRUE(made.ready());
    EXPECT_EQ(made.frame.eip, 0x1110u);
    EXPECT_EQ(made.frame.esp, 0x2220u);
    EXPECT_EQ(made.frame.ebx, 5u);
    mine().snd_size = 4;
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 8) | L4_EX_REGS_STATE_SET, .esp = 0x99, .pager = root});
    EXPECT_EQ(s.thread(l4_threadid(5, 8)).frame.eip, 0u);
    EXPECT_EQ(s.thread(l4_threadid(5, 8)).frame.esp, 0x99u);
}

// --- state

TEST_F(ExRegsTest, GetsAndSetsState) {
    t().frame.edi = 0x42;
    ex(L4_EX_REGS_STATE_GET);
    EXPECT_EQ(mine().state.edi, 0x42u);
    EXPECT_EQ(mine().state.eip, Stage::child_ip);
    EXPECT_EQ(mine().state.trapno, 0u);
    fill_state(5);
    ex(L4_EX_REGS_STATE_SET);
    EXPECT_EQ(t().frame.ebp, 3u);
    EXPECT_EQ(t().frame.ebx, 0u);
    EXPECT_EQ(t().frame.eip, Stage::child_ip);
    mine().snd_size = ~0u;
    ex(L4_EX_REGS_STATE_SET, 0x3330);
    EXPECT_EQ(t().frame.ebx, 5u);
    EXPECT_EQ(t().frame.eip, 0x3330u);
    EXPECT_EQ(t().frame.esp, 0x2220u);
    EXPECT_EQ(t().frame.cs, ia32::user_cs);
    EXPECT_EQ(t().frame.eflags, 0x203u);
}

TEST_F(ExRegsTest, StateOfAThreadInAFaultHasItsTrap) {
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    s.page_fault(0x1237, 6);
    ex(L4_EX_REGS_STATE_GET);
    EXPECT_EQ(mine().state.trapno, 14u);
    EXPECT_EQ(mine().state.err, 6u);
    EXPECT_EQ(mine().state.pfa, 0x1237u);
}

TEST_F(ExRegsTest, TheCallerIsItsOwnTarget) {
    fill_state(16);
    const sim::ExRegsResult r =
        s.call(sim::ExRegs{.target = L4_EX_REGS_STATE_SET | L4_EX_REGS_STATE_GET, .esp = 0x77});
    EXPECT_EQ(r.eflags, ia32::user_eflags);
    const arch::Frame& f = s.thread(root).frame;
    // STATE_GET came first, so that is what was set; the results stand over it.
    EXPECT_EQ(f.esp, 0x77u);
    EXPECT_EQ(mine().state.eax, L4_EX_REGS_STATE_SET | L4_EX_REGS_STATE_GET);
    EXPECT_TRUE(s.runs(root));
}

TEST_F(ExRegsTest, StateSetCancelsUnlessItMayNot) {
    s.to_child();
    s.call(sim::Ipc{.partner = root, .send = 0, .receive = 0});
    ASSERT_TRUE(s.runs(root));
    fill_state(10);
    ex(L4_EX_REGS_STATE_SET);
    EXPECT_TRUE(t().ready());
    EXPECT_EQ(t().frame.eax, 8u); // after the error code
}

TEST_F(ExRegsTest, AnIpcThatGoesOnKeepsItsArguments) {
    s.to_child();
    s.call(sim::Ipc{.partner = root, .w0 = 1, .send = 0}); // root runs
    s.call(sim::ThreadSwitch{.to = child});
    s.call(sim::Ipc{.partner = root, .w0 = 0x11, .w1 = 0x12, .send = 0, .receive = 0}); // queued at root
    ASSERT_TRUE(s.runs(root));
    EXPECT_EQ(t().wait().what, kern::Wait::For::send);
    fill_state(10);
    mine().state.esi = 0, mine().state.eax = ~0u; // no send at all, and a map item in its buffer
    mine().state.ebp = ~0u;
    ex(L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL);
    EXPECT_EQ(t().wait().what, kern::Wait::For::send);
    const sim::IpcResult got = s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    EXPECT_EQ(got.w0, 0x11u);
    EXPECT_EQ(got.w1, 0x12u);
    EXPECT_EQ(t().wait().what, kern::Wait::For::receive); // from root, as it was called
    s.call(sim::Ipc{.partner = child, .w0 = 0x21, .send = 0});
    EXPECT_TRUE(t().ready());
    EXPECT_EQ(t().frame.edx, 0x21u);
    EXPECT_EQ(t().frame.ebp, ~0u);
}

TEST_F(ExRegsTest, SetsATimeLimitWithState) {
    mine().status = L4_UTCB_TIME_LIMIT;
    mine().time_limit[0] = 777;
    ex(L4_EX_REGS_STATE_SET);
    EXPECT_EQ(t().time_limit().raw(), 777u);
}

// --- stop

TEST_F(ExRegsTest, StopAndStateThenRestart) {
    ex(L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET);
    EXPECT_TRUE(stopped());
    EXPECT_EQ(state(), L4_STATE_STOPPED);
    EXPECT_EQ(s.call(sim::Ipc{.partner = child, .send = 0, .timeout = L4_TIMEOUT_SND_ZERO}).error(),
              L4_IPC_SETIMEOUT);
    EXPECT_EQ(s.call(sim::ThreadSwitch{.to = child}).status, 0u);
    EXPECT_TRUE(s.runs(root));
    ex(0);
    EXPECT_TRUE(stopped());
    fill_state(16);
    ex(L4_EX_REGS_STATE_SET);
    EXPECT_TRUE(t().ready() && !t().in_kernel());
    EXPECT_EQ(t().frame.eip, 0x1110u);
}

TEST_F(ExRegsTest, AThreadInAnIpcStopsAfterIt) {
    s.to_child();
    s.call(sim::Ipc{.partner = root, .send = 0, .receive = 0});
    ex(L4_EX_REGS_STOP);
    EXPECT_TRUE(t().stop() && !stopped());
    s.call(sim::Ipc{.partner = child, .w0 = 0x31, .send = 0});
    EXPECT_TRUE(s.runs(child) && t().in_kernel());
    s.resume();
    EXPECT_TRUE(stopped() && !t().stop());
    EXPECT_EQ(t().frame.edx, 0x31u);
}

TEST_F(ExRegsTest, AStopToComeIsForgotten) {
    s.to_child();
    s.call(sim::Ipc{.partner = root, .send = 0, .receive = 0});
    ex(L4_EX_REGS_STOP);
    ex(L4_EX_REGS_NO_CANCEL, 0x5550);
    EXPECT_FALSE(t().stop());
    EXPECT_EQ(t().wait().what, kern::Wait::For::receive);
}

TEST_F(ExRegsTest, AStopEndsAndThePendingExceptionGoesFirst) {
    s.root_takes_exceptions();
    ex(L4_EX_REGS_STOP | L4_EX_REGS_RAISE_EXCEPTION);
    EXPECT_TRUE(stopped() && t().triggered());
    ex(0, 0x4440);
    EXPECT_TRUE(t().ready() && t().in_kernel());
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    s.resume();
    EXPECT_EQ(mine().state.trapno, L4_TRAP_TRIGGERED);
    EXPECT_EQ(mine().state.eip, 0x4440u);
}

TEST_F(ExRegsTest, TheCallerStopsItself) {
    s.call(sim::ExRegs{.target = L4_EX_REGS_STOP});
    EXPECT_EQ(s.thread(root).wait().what, kern::Wait::For::stopped);
    EXPECT_TRUE(s.runs(child));
    EXPECT_EQ(s.thread(root).frame.eax, ia32::user_eflags);
}

// --- floating point, TLS

TEST_F(ExRegsTest, FloatingPointRegisters) {
    arch::FpuState a, b;
    a.bytes.fill(std::byte{0xaa});
    b.bytes.fill(std::byte{0xbb});
    s.machine().fpu() = a;
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    EXPECT_EQ(s.machine().fpu(), arch::FpuState{}); // a new thread's
    s.machine().fpu() = b;
    s.call(sim::Ipc{.partner = root, .send = 0});
    EXPECT_EQ(s.machine().fpu(), a);
    EXPECT_EQ(s.kernel().fpu_owner(), &s.thread(root));
    ex(L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET); // exchanged
    EXPECT_EQ(s.machine().fpu(), b);
    EXPECT_EQ(t().fpu, a);
    ex(L4_EX_REGS_FPU_RESET);
    EXPECT_EQ(t().fpu, arch::FpuState{});
    EXPECT_EQ(s.machine().fpu(), b);
    ex(L4_EX_REGS_FPU_SET);
    EXPECT_EQ(t().fpu, b);
    s.call(sim::ExRegs{.target = L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET});
    EXPECT_EQ(s.machine().fpu(), b);
    s.call(sim::ExRegs{.target = L4_EX_REGS_FPU_RESET});
    EXPECT_EQ(s.machine().fpu(), arch::FpuState{});
}

TEST_F(ExRegsTest, TlsDescriptorsFromTheUtcb) {
    const Word words[6] = {0xffff, 0x00eff200, 0xffff, 0x00cf9200, 0xffff, 0x00cff000};
    std::memcpy(mine().tls, words, sizeof words);
    t().frame.gs = 0x3b;
    ex(L4_EX_REGS_TLS);
    EXPECT_EQ(t().tls()[0], 0x00cff2000000ffffu);
    EXPECT_EQ(t().tls()[1], 0u); // privileged
    EXPECT_EQ(t().tls()[2], 0x00cff0000000ffffu);
    EXPECT_EQ(t().frame.gs, 0u);
}

} // namespace
