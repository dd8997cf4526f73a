// SPDX-License-Identifier: BSD-2-Clause
// Each call puts each argument into its register and reads each result from its own.
#include <gtest/gtest.h>

#include <utility>

#include "l4/abi/limits.h"
#include "l4/sys/ipc.h"
#include "l4/sys/space.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"
#include "l4env/sys/test/fake_kernel.h"

namespace {

constexpr l4_registers_t answer = {0xa, 0xc, 0xd, 0xb, 0xbb, 0x51, 0xd1};

/// A kernel that keeps what came in, and always leaves `answer`.
class Calls : public testing::Test {
protected:
    unsigned vector = 0;
    l4_registers_t in = {};
    l4_registers_t out = answer;

private:
    l4env::FakeKernel kernel_{[this](unsigned v, l4_registers_t r) {
        vector = v;
        in = r;
        return out;
    }};
};

const l4_threadid_t partner = l4_threadid(9, 3);

TEST_F(Calls, Ipc) {
    const l4_ipc_result_t r = l4_ipc({1, 2}, 3, 4, 5, 6, 7);
    EXPECT_EQ(vector, L4_VEC_IPC);
    EXPECT_EQ(in.esi, 1u);
    EXPECT_EQ(in.edi, 2u);
    EXPECT_EQ(in.eax, 3u);
    EXPECT_EQ(in.edx, 4u);
    EXPECT_EQ(in.ebx, 5u);
    EXPECT_EQ(in.ebp, 6u);
    EXPECT_EQ(in.ecx, 7u);
    EXPECT_EQ(r.dope, 0xau);
    EXPECT_EQ(r.w0, 0xdu);
    EXPECT_EQ(r.w1, 0xbu);
    EXPECT_EQ(r.from.low, 0x51u);
    EXPECT_EQ(r.from.high, 0xd1u);
}

/// A reported id has its chief where the kernel looks for flags.
TEST_F(Calls, IpcTakesNoFlagsFromAChief) {
    l4_ipc({1, 0xffffffff}, 3, 4, 5, 6, 7);
    EXPECT_EQ(in.edi, ~L4_IPC_ID_FLAGS_MASK);
    l4_ipc_flagged({1, 0xffffffff}, L4_IPC_ABS_RCV, 3, 4, 5, 6, 7);
    EXPECT_EQ(in.edi & L4_IPC_ID_FLAGS_MASK, L4_IPC_ABS_RCV);
}

TEST_F(Calls, IpcFormsDifferInTheirDescriptors) {
    l4_ipc_send(partner, 0, 1, 2, 0);
    EXPECT_EQ(std::pair(in.eax, in.ebp), std::pair(0u, L4_IPC_NO_RECV));
    l4_ipc_receive(partner, 0, 0);
    EXPECT_EQ(std::pair(in.eax, in.ebp), std::pair(L4_IPC_NO_SEND, 0u));
    l4_ipc_wait(0x1000, 0);
    EXPECT_EQ(std::pair(in.eax, in.ebp), std::pair(L4_IPC_NO_SEND, 0x1000u | L4_RCV_OPEN));
    l4_ipc_call(partner, 8, 1, 2, 0x1000, 0);
    EXPECT_EQ(std::pair(in.eax, in.ebp), std::pair(8u, 0x1000u));
    l4_ipc_reply_and_wait(partner, 8, 1, 2, 0x1000);
    EXPECT_EQ(std::pair(in.eax, in.ebp), std::pair(8u, 0x1000u | L4_RCV_OPEN));
    EXPECT_EQ(in.ecx, L4_TIMEOUT_SERVER);
    l4_ipc_sleep(0x123);
    EXPECT_EQ(in.esi, L4_NIL_LOW);
    EXPECT_EQ(in.ecx, 0x123u);
}

TEST_F(Calls, IpcResultSaysWhatCame) {
    out.eax = l4_msgdope(4, 2) | L4_MSGDOPE_FPAGE_RECEIVED | L4_IPC_REMSGCUT;
    const l4_ipc_result_t r = l4_ipc_receive(partner, 0, 0);
    EXPECT_EQ(l4_ipc_error(r), L4_IPC_REMSGCUT);
    EXPECT_TRUE(l4_ipc_arrived(r));
    EXPECT_TRUE(l4_ipc_got_fpage(r));
    EXPECT_EQ(l4_ipc_dwords(r), 4u);
    EXPECT_EQ(l4_ipc_strings(r), 2u);
    out.eax = L4_IPC_RETIMEOUT;
    EXPECT_FALSE(l4_ipc_arrived(l4_ipc_receive(partner, 0, 0)));
}

TEST_F(Calls, AttachedInterruptIsATimeout) {
    out.eax = L4_IPC_RETIMEOUT;
    EXPECT_EQ(l4_irq_attach(4), L4_IPC_OK);
    EXPECT_EQ(in.esi, 5u);
    EXPECT_EQ(in.ecx, L4_TIMEOUT_RCV_ZERO);
    out.eax = L4_IPC_ENOT_EXISTENT;
    EXPECT_EQ(l4_irq_attach(4), L4_IPC_ENOT_EXISTENT);
    l4_irq_detach();
    EXPECT_EQ(std::pair(in.esi, in.ecx), std::pair(L4_NIL_LOW, L4_TIMEOUT_RCV_ZERO));
}

TEST_F(Calls, Unmap) {
    EXPECT_EQ(l4_fpage_unmap(0x1030, L4_FP_FLUSH), 0xau);
    EXPECT_EQ(vector, L4_VEC_FPAGE_UNMAP);
    EXPECT_EQ(in.eax, 0x1030u);
    EXPECT_EQ(in.ecx, L4_FP_FLUSH);
}

TEST_F(Calls, IdNearest) {
    const l4_nearest_t n = l4_id_nearest({1, 2});
    EXPECT_EQ(vector, L4_VEC_ID_NEAREST);
    EXPECT_EQ(std::pair(in.esi, in.edi), std::pair(1u, 2u));
    EXPECT_EQ(n.type, 0xau);
    EXPECT_EQ(n.id.low, 0x51u);
    EXPECT_EQ(n.id.high, 0xd1u);
}

TEST_F(Calls, ThreadSwitch) {
    EXPECT_EQ(l4_thread_switch({1, 2}), 0xau);
    EXPECT_EQ(vector, L4_VEC_THREAD_SWITCH);
    EXPECT_EQ(std::pair(in.eax, in.esi), std::pair(0u, 1u)); // EAX must be 0
}

TEST_F(Calls, ThreadSchedule) {
    out.edx = 0xffff0001; // the high 16 bits are not of the time
    const l4_schedule_t s = l4_thread_schedule({1, 2}, 3);
    EXPECT_EQ(vector, L4_VEC_THREAD_SCHEDULE);
    EXPECT_EQ(in.eax, 3u);
    EXPECT_EQ(std::pair(in.esi, in.edi), std::pair(1u, 2u));
    EXPECT_EQ(in.ebx, L4_INVALID_LOW); // keep
    EXPECT_EQ(s.param, 0xau);
    EXPECT_EQ(s.used_us, 0x1'0000'000cu);
    EXPECT_EQ(s.partner.low, 0x51u);
    EXPECT_EQ(s.partner.high, 0xd1u);
    EXPECT_EQ(s.preempter.low, 0xbu);
    EXPECT_EQ(s.preempter.high, 0xbbu);
}

TEST_F(Calls, ExRegs) {
    const l4_ex_regs_t old =
        l4_lthread_ex_regs(77, {.eip = 1, .esp = 2, .pager = {3, 4}, .preempter = {5, 6}, .eflags = 0});
    EXPECT_EQ(vector, L4_VEC_LTHREAD_EX_REGS);
    EXPECT_EQ(in.eax, 77u);
    EXPECT_EQ(in.edx, 1u);
    EXPECT_EQ(in.ecx, 2u);
    EXPECT_EQ(std::pair(in.esi, in.edi), std::pair(3u, 4u));
    EXPECT_EQ(std::pair(in.ebx, in.ebp), std::pair(5u, 6u));
    EXPECT_EQ(old.eip, 0xdu);
    EXPECT_EQ(old.esp, 0xcu);
    EXPECT_EQ(old.eflags, 0xau);
    EXPECT_EQ(old.pager.low, 0x51u);
    EXPECT_EQ(old.pager.high, 0xd1u);
    EXPECT_EQ(old.preempter.low, 0xbu);
    EXPECT_EQ(old.preempter.high, 0xbbu);
    l4_lthread_ex_regs(1, l4_ex_regs_keep());
    EXPECT_EQ(in.edx & in.ecx, L4_EX_REGS_KEEP);
    EXPECT_EQ(in.esi & in.ebx, L4_INVALID_LOW);
}

TEST_F(Calls, TaskNew) {
    const l4_task_new_result_t t = l4_task_create(6, l4_task_new_create(20, 64), 1, 2, {3, 4});
    EXPECT_EQ(vector, L4_VEC_TASK_NEW);
    EXPECT_EQ(in.eax, l4_task_new_create(20, 64));
    EXPECT_EQ(std::pair(in.ecx, in.edx), std::pair(1u, 2u));
    EXPECT_EQ(std::pair(in.ebx, in.ebp), std::pair(3u, 4u));
    EXPECT_EQ(in.esi, l4_threadid(6, 0).low);
    EXPECT_EQ(t.task.low, 0x51u);
    EXPECT_EQ(t.task.high, 0xd1u);
    EXPECT_EQ(t.code, 0xau);
    EXPECT_EQ(t.frames_free, 0xcu);
    l4_task_give(6, l4_threadid(7, 0));
    EXPECT_EQ(std::pair(in.eax, in.ebx), std::pair(l4_threadid(7, 0).low, L4_NIL_LOW));
}

TEST_F(Calls, SameThreadLooksAtTaskAndLthreadOnly) {
    EXPECT_TRUE(l4_same_thread({l4_threadid(9, 3).low | 0x3ff, 5}, partner));
    EXPECT_FALSE(l4_same_thread(l4_threadid(9, 4), partner));
    EXPECT_FALSE(l4_same_thread(l4_threadid(8, 3), partner));
}

} // namespace
