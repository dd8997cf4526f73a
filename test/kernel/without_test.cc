// SPDX-License-Identifier: BSD-2-Clause
// A kernel without some of the modifications (libkern/ext.bzl): V2 as ever, and what is left out does
// nothing.  One source for all variants.
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;
using kern::Ext;

// --- V2

TEST(V2, MessagesInRegisters) {
    Stage s;
    s.to_child();
    s.call(sim::Ipc{.partner = root, .w0 = 1, .w1 = 2, .send = 0, .receive = 0});
    EXPECT_EQ(s.got().w0, 1u);
    EXPECT_EQ(s.got().w1, 2u);
    EXPECT_EQ(s.got().from.low, child.low);
    s.answer(3, 4);
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(s.running().frame.eax, l4_msgdope(2, 0));
    EXPECT_EQ(s.running().frame.edx, 3u);
    EXPECT_EQ(s.call(sim::Ipc{.partner = l4_threadid(9, 9), .send = 0}).error(), L4_IPC_ENOT_EXISTENT);
}

TEST(V2, PageFaultsMappingAndFlush) {
    Stage s;
    s.map_to_root(0x10000);
    s.to_child();
    s.map_to_child(0x10000);
    s.word(child, 0x10000) = 0x1234;
    EXPECT_EQ(s.word(root, 0x10000), 0x1234u);
    s.page_fault(0x20003, 6);
    EXPECT_EQ(s.got().w0, 0x20002u);
    EXPECT_EQ(s.got().w1, Stage::child_ip);
    s.call(sim::Unmap{.fpage = l4_fpage(0x10000, 12, 0), .mask = L4_FP_FLUSH});
    const kern::Task& task = s.thread(child).task();
    EXPECT_FALSE(s.kernel().map_db().page(task.space(), kern::VAddr{0x10000}).has_value());
    s.answer(L4_PF_REFUSED);
    EXPECT_TRUE(s.thread(child).dead());
}

TEST(V2, LongMessages) {
    Stage s;
    s.map_to_root(0x10000);
    s.to_child();
    s.map_to_child(0x10000);
    constexpr Word words = 8, head = offsetof(l4_msg_head_t, dwords);
    for (const Word at : {0x10000u, 0x10800u}) { // child's buffer and root's, on the page that they share
        s.word(child, at + offsetof(l4_msg_head_t, size_dope)) = l4_msgdope(words, 0);
        s.word(child, at + offsetof(l4_msg_head_t, snd_dope)) = l4_msgdope(words, 0);
    }
    for (Word i = 2; i < words; ++i) s.word(child, 0x10000 + head + 4 * i) = 100 + i;
    s.call(sim::Ipc{.partner = root, .send = 0});
    s.call(sim::Ipc{.receive = 0x10800 | L4_RCV_OPEN});
    s.call(sim::Ipc{.partner = root, .w0 = 100, .w1 = 101, .send = 0x10000});
    s.settle();
    EXPECT_EQ(s.got().dope, l4_msgdope(words, 0));
    for (Word i = 0; i < words; ++i) EXPECT_EQ(s.word(root, 0x10800 + head + 4 * i), 100 + i);
}

TEST(V2, ExRegsSleepAndTimeouts) {
    Stage s;
    s.to_child();
    EXPECT_TRUE(s.call(sim::ExRegs{.target = 1, .esp = 0x100, .eip = 0x200, .pager = root}).ok());
    EXPECT_TRUE(s.thread(l4_threadid(5, 1)).ready());
    s.call(sim::Ipc{.receive = 0, .timeout = l4_timeout(0, 0, 100, 14)});
    ASSERT_TRUE(s.runs(l4_threadid(5, 1)));
    s.pass(400);
    s.event({.kind = kern::Event::Kind::timer});
    EXPECT_TRUE(s.thread(child).ready());
    EXPECT_EQ(s.thread(child).frame.eax, L4_IPC_RETIMEOUT);
    EXPECT_EQ(s.call(sim::ExRegs{.target = 0, .eip = 0x300}).eip, Stage::child_ip + 4);
    EXPECT_EQ(s.thread(child).frame.eip, 0x300u);
}

TEST(V2, TasksComeAndGo) {
    Stage s;
    kern::Account& account = s.thread(root).task().account();
    const Word used = account.used();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(s.call(sim::TaskNew{.task = l4_threadid(6, 0), .pager = root}).ok());
        EXPECT_EQ(account.used() - used, Ext::utcb ? L4_KMEM_TASK : 3);
        ASSERT_TRUE(s.call(sim::TaskNew{.task = l4_threadid(6, 0), .mcp_or_chief = root.low}).ok());
        s.settle();
    }
    EXPECT_EQ(account.used(), used);
}

TEST(V2, AnExceptionThatNobodyAsksForIsDeath) {
    Stage s;
    s.to_child();
    s.exception(L4_TRAP_INVALID_OP);
    EXPECT_TRUE(s.thread(child).dead());
}

// --- the modifications: there, or not

class WithoutTest : public ::testing::Test {
protected:
    static constexpr Word target = l4_ex_regs_target(5, 0);
    kern::Thread& t() { return s.thread(child); }
    void ask_for(Word status) {
        if (!Ext::utcb) return; // where there is none, nobody can ask
        s.utcb(root).status = status;
        s.utcb(root).rcv_size = s.utcb(root).snd_size = L4_UTCB_STATE_WORDS;
    }
    Stage s;
};

TEST_F(WithoutTest, InterTaskExRegs) {
    EXPECT_EQ(s.call(sim::ExRegs{.target = target}).ok(), Ext::inter_task_ex_regs);
}

TEST_F(WithoutTest, Utcb) {
    const auto page = s.kernel().map_db().page(t().task().space(), kern::VAddr{L4_UTCB_AREA});
    EXPECT_EQ(page.has_value(), Ext::utcb);
    EXPECT_EQ(s.machine().word_at_gs(ia32::utcb_selector), Ext::utcb ? L4_UTCB_AREA : 0);
}

TEST_F(WithoutTest, ExceptionIpc) {
    ask_for(L4_UTCB_EXCEPTIONS);
    s.to_child();
    s.exception(L4_TRAP_INVALID_OP);
    EXPECT_EQ(t().dead(), !Ext::exception_ipc);
    EXPECT_EQ(s.thread(root).ready(), Ext::exception_ipc);
}

TEST_F(WithoutTest, Reflection) {
    s.map_to_root(0x10000);
    s.to_child();
    s.map_to_child(0x10000);
    s.word(child, 0x10000) = 0x7ff;
    t().frame.eax = 0x10000;
    s.emulate(ia32::Emulated::lidt);
    EXPECT_EQ(t().dead(), !Ext::reflection);
    EXPECT_EQ(t().idt_limit(), Ext::reflection ? 0x7ffu : 0);
}

TEST_F(WithoutTest, Alien) {
    ask_for(L4_UTCB_EXCEPTIONS);
    s.call(sim::TaskNew{.task = child,
                        .mcp_or_chief = L4_TASK_NEW_ALIEN | L4_TASK_NEW_RAISE_EXCEPTION,
                        .eip = Stage::child_ip,
                        .pager = root});
    EXPECT_EQ(t().alien(), Ext::alien);
    EXPECT_EQ(t().triggered(), Ext::exception_ipc);
}

TEST_F(WithoutTest, PageFaultState) {
    ask_for(L4_UTCB_PF_STATE);
    s.to_child();
    s.page_fault(0x1000, 4);
    EXPECT_EQ(s.got().w0, 0x1000u);
    if (!Ext::utcb) return;
    EXPECT_EQ(s.utcb(root).state.trapno, Ext::page_fault_state ? L4_TRAP_PAGE_FAULT : 0);
}

TEST_F(WithoutTest, MapList) {
    s.map_to_root(0x10000);
    s.map_to_root(0x11000);
    s.to_child();
    s.page_fault(0x10000, 4);
    if (Ext::utcb) {
        s.utcb(root).map_count = 1;
        s.utcb(root).state.gs = 0x11000;
        s.utcb(root).state.fs = l4_fpage(0x11000, 12, 0);
    }
    s.answer(0x10000, l4_fpage(0x10000, 12, 0), L4_SND_MAP);
    const auto there = [&](Word va) {
        return s.kernel().map_db().page(t().task().space(), kern::VAddr{va}).has_value();
    };
    EXPECT_TRUE(there(0x10000));
    EXPECT_EQ(there(0x11000), Ext::map_list);
}

TEST_F(WithoutTest, TimeLimit) {
    ask_for(L4_UTCB_TIME_LIMIT);
    s.to_child();
    s.page_fault(0x1000, 4);
    s.answer();
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(t().in_kernel(), Ext::time_limit); // it was at 0
}

/// Thread 1 of the child's task sets the instruction pointer of thread 0, which waits for a message.
TEST_F(WithoutTest, ExRegsNoCancel) {
    s.to_child();
    s.call(sim::ExRegs{.target = 1, .eip = Stage::child_ip, .pager = root});
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    ASSERT_TRUE(s.runs(l4_threadid(5, 1)));
    EXPECT_TRUE(s.call(sim::ExRegs{.target = L4_EX_REGS_NO_CANCEL, .eip = 0x7000}).ok());
    EXPECT_EQ(t().frame.eip, 0x7000u);
    EXPECT_EQ(t().ready(), !Ext::ex_regs_no_cancel);
}

TEST_F(WithoutTest, ExRegsStop) {
    s.call(sim::ExRegs{.target = L4_EX_REGS_STOP});
    EXPECT_EQ(s.thread(root).wait().what == kern::Wait::For::stopped, Ext::ex_regs_stop);
}

TEST_F(WithoutTest, ExRegsFpu) {
    s.machine().fpu().bytes[7] = std::byte{1};
    const arch::FpuState mine = s.machine().fpu(), fresh{};
    const auto thread_1 = [&] { return s.thread(l4_threadid(L4_TASK_ROOT, 1)).fpu; };
    s.call(sim::ExRegs{.target = 1 | L4_EX_REGS_FPU_SET, .eip = 0x7000});
    EXPECT_EQ(thread_1(), Ext::ex_regs_fpu ? mine : fresh);
    s.call(sim::ExRegs{.target = 1 | L4_EX_REGS_FPU_RESET});
    EXPECT_EQ(thread_1(), fresh);
    s.call(sim::ExRegs{.target = 1 | L4_EX_REGS_FPU_GET});
    EXPECT_EQ(s.machine().fpu(), Ext::ex_regs_fpu ? fresh : mine);
}

TEST_F(WithoutTest, ExRegsState) {
    s.call(sim::ExRegs{.target = 1, .esp = 0x6000, .eip = 0x7000});
    kern::Thread& other = s.thread(l4_threadid(L4_TASK_ROOT, 1));
    other.frame.edi = 0x42;
    EXPECT_TRUE(s.call(sim::ExRegs{.target = 1 | L4_EX_REGS_STATE_GET}).ok());
    if (Ext::utcb) {
        EXPECT_EQ(s.utcb(root).state.edi, Ext::ex_regs_state ? 0x42u : 0);
        s.utcb(root).state.edi = 0x43;
        s.utcb(root).snd_size = L4_UTCB_STATE_WORDS;
    }
    EXPECT_TRUE(s.call(sim::ExRegs{.target = 1 | L4_EX_REGS_STATE_SET}).ok());
    EXPECT_EQ(other.frame.edi, Ext::ex_regs_state ? 0x43u : 0x42u);
}

TEST_F(WithoutTest, Tls) {
    t().frame.eax = 0, t().frame.ebx = 0, t().frame.ecx = 0, t().frame.edx = 0, t().frame.esi = child.low;
    s.to_child();
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(t().dead(), !Ext::tls);
    EXPECT_EQ(s.machine().counters().tls_sets != 0, Ext::tls);
}

TEST_F(WithoutTest, IoFault) {
    s.to_child();
    s.io_fault(0x60, 1);
    EXPECT_EQ(t().dead(), !Ext::io_fault);
}

} // namespace
