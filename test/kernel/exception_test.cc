// SPDX-License-Identifier: BSD-2-Clause
// Exceptions, reflection, pending exceptions, aliens (docs/semantics.md 12).
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

class ExceptionTest : public ::testing::Test {
protected:
    ExceptionTest() {
        s.root_takes_exceptions();
        s.to_child();
    }
    kern::Thread& t() { return s.thread(child); }
    l4_utcb_state_t& state() { return s.utcb(root).state; }
    void expect_exception(Word trapno, Word err) {
        ASSERT_TRUE(s.runs(root));
        EXPECT_EQ(s.got().w0, L4_EXC_COOKIE_0);
        EXPECT_EQ(s.got().w1, L4_EXC_COOKIE_1);
        EXPECT_EQ(state().trapno, trapno);
        EXPECT_EQ(state().err, err);
    }
    Stage s;
};

TEST_F(ExceptionTest, GoesToThePagerWithStateAndComesBack) {
    t().frame.ecx = 0x11;
    s.exception(L4_TRAP_PROTECTION, 0x402);
    expect_exception(13, 0x402);
    EXPECT_EQ(state().ecx, 0x11u);
    EXPECT_EQ(state().pfa, 0u);
    EXPECT_EQ(state().eip, Stage::child_ip);
    state() = {.gs = 0x33,
               .fs = 0x23,
               .edi = 1,
               .esi = 2,
               .ebp = 3,
               .pfa = 4,
               .ebx = 5,
               .edx = 6,
               .ecx = 7,
               .eax = 8,
               .trapno = 9,
               .err = 10,
               .eip = 11,
               .cs = 12,
               .eflags = ~0u,
               .esp = 14};
    s.utcb(root).snd_size = 16;
    s.answer(~0u);
    ASSERT_TRUE(s.runs(child));
    const arch::Frame& f = t().frame;
    EXPECT_EQ(f.gs, 0u); // an empty slot
    EXPECT_EQ(f.fs, 0x23u);
    EXPECT_EQ(f.edi, 1u);
    EXPECT_EQ(f.ebp, 3u);
    EXPECT_EQ(f.ebx, 5u);
    EXPECT_EQ(f.eax, 8u);
    EXPECT_EQ(f.eip, 11u);
    EXPECT_EQ(f.cs, ia32::user_cs);
    EXPECT_EQ(f.esp, 14u);
    EXPECT_EQ(f.eflags, 0x00240dd5u | 0x202u);
    EXPECT_EQ(f.ss, ia32::user_ds);
}

TEST_F(ExceptionTest, ThePagerSaysHowManyWordsItTakesAndGives) {
    s.utcb(root).rcv_size = 3;
    t().frame.edi = 0x55;
    t().frame.esi = 0x66;
    s.exception(0);
    EXPECT_EQ(state().edi, 0x55u);
    EXPECT_EQ(state().esi, 0u);
    EXPECT_EQ(state().trapno, 0u);
    s.utcb(root).snd_size = 4;
    state().esi = 0x77, state().ebp = 0x88;
    s.answer();
    EXPECT_EQ(t().frame.esi, 0x77u);
    EXPECT_EQ(t().frame.ebp, 0u);
}

TEST_F(ExceptionTest, IsQueuedAtABusyPager) {
    s.exception(6);
    s.answer(); // root waits again
    s.call(sim::ThreadSwitch{});
    ASSERT_TRUE(s.runs(child));
    s.call(sim::Ipc{.partner = root, .send = 0}); // root runs, and is not waiting
    s.call(sim::ThreadSwitch{.to = child});
    ASSERT_TRUE(s.runs(child));
    s.exception(6, 0);
    EXPECT_EQ(t().wait().what, kern::Wait::For::send);
    ASSERT_TRUE(s.runs(root));
    t().frame.edx = 0; // not moved before the rendezvous
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    expect_exception(6, 0);
}

TEST_F(ExceptionTest, WithoutThePagersConsentItIsDeath) {
    s.utcb(root).status = 0;
    s.exception(6);
    EXPECT_TRUE(t().dead());
}

TEST_F(ExceptionTest, DebugExceptionsNeedMoreConsentOrAnAlien) {
    s.exception(L4_TRAP_BREAKPOINT);
    EXPECT_TRUE(t().dead());
    for (const bool alien : {false, true}) {
        Stage other(alien ? L4_TASK_NEW_ALIEN : 0);
        other.root_takes_exceptions(alien ? 0 : L4_UTCB_DEBUG);
        other.to_child();
        other.exception(L4_TRAP_BREAKPOINT);
        EXPECT_EQ(other.utcb(root).state.trapno, L4_TRAP_BREAKPOINT);
    }
}

TEST_F(ExceptionTest, AMapItemInTheAnswerIsCut) {
    s.exception(6);
    s.utcb(root).snd_size = 16;
    state().ebx = 0x99;
    EXPECT_EQ(
        s.call(sim::Ipc{.partner = child, .w0 = 0, .w1 = l4_fpage(0, 12, 0), .send = L4_SND_MAP}).error(),
        L4_IPC_SEMSGCUT);
    EXPECT_EQ(t().frame.ebx, 0x99u);
    EXPECT_TRUE(t().ready());
}

TEST_F(ExceptionTest, ThePagersDeathIsTheThreads) {
    const l4_threadid_t pager = l4_threadid(6, 0);
    s.exception(6);
    s.call(sim::TaskNew{.task = pager, .mcp_or_chief = 100, .eip = 0x1000, .pager = root});
    s.utcb(pager).status = L4_UTCB_EXCEPTIONS;
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_NO_CANCEL, .pager = pager});
    s.call(sim::Ipc{.partner = child, .send = 0});
    ASSERT_TRUE(s.runs(child));
    s.exception(6); // task 6 is busy
    EXPECT_EQ(t().wait().with, &s.thread(pager));
    ASSERT_TRUE(s.runs(root));
    s.call(sim::TaskNew{.task = pager, .mcp_or_chief = root.low});
    EXPECT_TRUE(t().dead());
}

// --- reflection

class ReflectionTest : public ExceptionTest {
protected:
    static constexpr Word table = 0x10000, stack = 0x20000;
    ReflectionTest() {
        s.call(sim::Ipc{.partner = root, .send = 0}); // root runs
        s.map_to_root(table);
        s.map_to_root(stack);
        s.utcb(root).status = 0;
        s.to_child();
        s.map_to_child(table);
        s.word(child, table + 0xf00) = 0x07ff; // limit, and the base's low half
        s.word(child, table + 0xf00) |= (table & 0xffff) << 16;
        s.word(child, table + 0xf04) = table >> 16;
        t().frame.eax = table + 0xf00;
        const Word eip = t().frame.eip;
        s.emulate(ia32::Emulated::lidt);
        EXPECT_EQ(t().frame.eip, eip + 3);
        EXPECT_EQ(t().idt_base(), table);
        EXPECT_EQ(t().idt_limit(), 0x7ffu);
        t().frame.esp = stack + 0x100;
    }
    void set_gate(Word vector, Word offset) {
        s.word(child, table + 8 * vector) = 0x001b0000 | (offset & 0xffff);
        s.word(child, table + 8 * vector + 4) = (offset & 0xffff0000) | 0xee00;
    }
};

TEST_F(ReflectionTest, PushesAndGoesToTheGate) {
    set_gate(13, 0x12345678);
    s.map_to_child(stack);
    t().frame.eflags |= ia32::eflags_trap;
    const arch::Frame before = t().frame;
    s.exception(13, 0x402);
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(t().frame.eip, 0x12345678u);
    EXPECT_EQ(t().frame.esp, before.esp - 16);
    EXPECT_EQ(t().frame.eflags, ia32::user_eflags);
    EXPECT_EQ(s.word(child, before.esp - 4), before.eflags);
    EXPECT_EQ(s.word(child, before.esp - 8), before.cs);
    EXPECT_EQ(s.word(child, before.esp - 12), before.eip);
    EXPECT_EQ(s.word(child, before.esp - 16), 0x402u);
}

TEST_F(ReflectionTest, WithoutErrorCodeThreeWords) {
    set_gate(0, 0x800);
    s.map_to_child(stack);
    s.exception(0);
    EXPECT_EQ(t().frame.esp, stack + 0x100 - 12);
    EXPECT_EQ(t().frame.eip, 0x800u);
}

TEST_F(ReflectionTest, AnEmptyGateOrOneBeyondTheLimitIsDeath) {
    s.map_to_child(stack);
    s.exception(13, 0);
    EXPECT_TRUE(t().dead());
}

TEST_F(ReflectionTest, MissingStackIsAPageFaultThereAndNothingElse) {
    set_gate(13, 0x800);
    t().frame.esp = stack + 6; // the first word to be pushed crosses into the page
    const arch::Frame before = t().frame;
    s.exception(13, 0);
    EXPECT_EQ(s.got().w0, ((stack + 2) & ~3u) | L4_PF_WRITE);
    EXPECT_EQ(t().fault().pfa, stack + 2);
    EXPECT_EQ(t().fault().err, 6u);
    EXPECT_EQ(t().frame.eip, before.eip);
    EXPECT_EQ(t().frame.esp, before.esp);
    s.answer(stack, l4_fpage(stack, 12, L4_FP_WRITE), L4_SND_MAP);
    s.exception(13, 0);
    EXPECT_EQ(t().fault().pfa, stack - 2);
    EXPECT_EQ(s.word(child, stack), 0u); // nothing was written
}

TEST_F(ReflectionTest, MissingGateIsAPageFaultThere) {
    t().frame.eax = table + 0xf08;
    s.word(child, table + 0xf08) = 0xffc | 0xfffc
                                               << 16; // its base is 4 bytes before a page that is not there
    s.word(child, table + 0xf0c) = 0x0001;
    s.emulate(ia32::Emulated::lidt);
    EXPECT_EQ(t().idt_base(), 0x1fffcu);
    s.exception(0);
    EXPECT_EQ(t().fault().pfa, 0x1fffcu);
    EXPECT_EQ(t().fault().err, 4u);
}

TEST_F(ReflectionTest, LidtOfMissingMemoryIsAPageFault) {
    t().frame.eax = table + 0xffc;
    const Word eip = t().frame.eip;
    s.emulate(ia32::Emulated::lidt);
    EXPECT_EQ(t().fault().pfa, table + 0x1000);
    EXPECT_EQ(t().frame.eip, eip);
    EXPECT_EQ(t().idt_base(), table);
}

// --- pending exceptions

TEST_F(ExceptionTest, ATriggerComesBeforeTheNextReturnToUserMode) {
    s.call(sim::Ipc{.partner = root, .send = 0});
    ASSERT_TRUE(s.runs(root));
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_RAISE_EXCEPTION});
    EXPECT_TRUE(t().triggered() && t().in_kernel());
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    ASSERT_TRUE(s.runs(child));
    s.resume();
    expect_exception(L4_TRAP_TRIGGERED, 0);
    EXPECT_FALSE(t().triggered());
    s.answer();
    EXPECT_TRUE(s.runs(child) && !t().in_kernel());
}

TEST_F(ExceptionTest, ATriggerIsForgottenIfNobodyTakesIt) {
    s.call(sim::Ipc{.partner = root, .send = 0});
    s.utcb(root).status = 0;
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_RAISE_EXCEPTION, .eip = 0x7000});
    s.call(sim::ExRegs{
        .target = l4_ex_regs_target(5, 0) | L4_EX_REGS_RAISE_EXCEPTION, .esp = 0x10, .eip = 0x8000});
    EXPECT_EQ(t().frame.eip, 0x7000u); // the second trigger's was not taken
    EXPECT_EQ(t().frame.esp, 0x10u);
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    s.resume();
    EXPECT_TRUE(s.runs(child) && !t().in_kernel());
    EXPECT_EQ(t().frame.eip, 0x7000u);
}

TEST_F(ExceptionTest, ATriggerInAnIpcWaitsForItsEnd) {
    s.call(sim::Ipc{.partner = root, .send = 0, .receive = 0}); // a call
    ASSERT_TRUE(s.runs(root));
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_RAISE_EXCEPTION});
    EXPECT_EQ(t().wait().what, kern::Wait::For::receive);
    s.answer(0x123);
    ASSERT_TRUE(s.runs(child));
    s.resume();
    expect_exception(L4_TRAP_TRIGGERED, 0);
    EXPECT_EQ(state().edx, 0x123u);
}

TEST_F(ExceptionTest, CancelledByExRegsWithNothingElseChanged) {
    s.exception(6);
    const arch::Frame before = t().frame;
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0), .eip = 0x9990});
    EXPECT_TRUE(t().ready());
    EXPECT_EQ(t().frame.eip, 0x9990u);
    EXPECT_EQ(t().frame.eax, before.eax);
    EXPECT_FALSE(t().fault().any());
}

// --- aliens

class AlienTest : public ::testing::Test {
protected:
    AlienTest() {
        s.root_takes_exceptions();
        s.to_child();
    }
    kern::Thread& t() { return s.thread(child); }
    l4_utcb_state_t& state() { return s.utcb(root).state; }
    Stage s{L4_TASK_NEW_ALIEN};
};

TEST_F(AlienTest, ASystemCallIsAnExceptionAndMayThenBeExecutedOnce) {
    s.call(sim::IdNearest{});
    ASSERT_TRUE(s.runs(root));
    EXPECT_EQ(state().trapno, 13u);
    EXPECT_EQ(state().err, 0x31u * 8 + 2);
    EXPECT_EQ(state().eip, Stage::child_ip); // at the int
    s.answer(L4_EXC_DEALIEN);
    ASSERT_TRUE(s.runs(child));
    EXPECT_TRUE(t().dealien());
    s.call(sim::IdNearest{});
    EXPECT_EQ(t().frame.esi, child.low); // it was executed
    ASSERT_TRUE(s.runs(child) && t().in_kernel());
    EXPECT_EQ(t().after_call(), (0x31u * 8 + 2) | 4);
    s.resume();
    EXPECT_EQ(state().err, (0x31u * 8 + 2) | 4);
    EXPECT_EQ(state().esi, child.low);
    EXPECT_EQ(state().eip, Stage::child_ip + 2);
    s.answer();
    s.call(sim::IdNearest{});
    EXPECT_EQ(state().err, 0x31u * 8 + 2); // alien as before
}

TEST_F(AlienTest, ACallThatBlocksHasItsSecondMessageWhenItIsOver) {
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    s.call(sim::Ipc{.partner = child, .w0 = L4_EXC_DEALIEN, .send = 0});
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    EXPECT_EQ(t().wait().what, kern::Wait::For::receive_any);
    EXPECT_EQ(t().after_call(), 0u);
    s.call(sim::Ipc{.partner = child, .w0 = 0x51, .send = 0});
    EXPECT_EQ(t().after_call(), L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    ASSERT_TRUE(s.runs(child));
    s.resume();
    s.call(sim::Ipc{.receive = L4_RCV_OPEN});
    EXPECT_EQ(state().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EXPECT_EQ(state().edx, 0x51u);
}

TEST_F(AlienTest, WithoutAPagerThatTakesItASystemCallIsDeath) {
    s.utcb(root).status = 0;
    s.call(sim::IdNearest{});
    EXPECT_TRUE(t().dead());
    EXPECT_EQ(t().frame.eip, Stage::child_ip);
}

TEST(Alien, APageFaultIsAnExceptionWithAWindow) {
    Stage s(L4_TASK_NEW_ALIEN);
    s.root_takes_exceptions();
    s.map_to_root(0x10000);
    s.to_child();
    s.page_fault(0x10003, 6);
    EXPECT_EQ(s.got().w0, L4_EXC_COOKIE_0);
    EXPECT_EQ(s.utcb(root).state.trapno, L4_TRAP_PAGE_FAULT);
    EXPECT_EQ(s.utcb(root).state.err, 6u);
    EXPECT_EQ(s.utcb(root).state.pfa, 0x10003u);
    s.answer(0x10000, l4_fpage(0x10000, 12, L4_FP_WRITE), L4_SND_MAP);
    ASSERT_TRUE(s.runs(child));
    s.word(child, 0x10000) = 1;
    s.page_fault(0x20000, 4);
    s.answer(L4_PF_REFUSED); // which is no refusal here
    EXPECT_TRUE(s.runs(child));
    s.utcb(root).status = 0;
    s.page_fault(0x20000, 4); // a page fault like any other
    EXPECT_EQ(s.got().w0, 0x20000u);
    s.answer(L4_PF_REFUSED);
    EXPECT_TRUE(s.thread(child).dead());
}

TEST(Alien, Thread0BeginsWithAnException) {
    Stage s(L4_TASK_NEW_ALIEN | L4_TASK_NEW_RAISE_EXCEPTION);
    s.root_takes_exceptions();
    s.to_child();
    ASSERT_TRUE(s.running().in_kernel() && s.running().alien());
    s.resume();
    EXPECT_EQ(s.utcb(root).state.trapno, L4_TRAP_TRIGGERED);
}

TEST_F(AlienTest, ExRegsWithAnEipEndsIt) {
    s.call(sim::IdNearest{});
    s.answer(L4_EXC_DEALIEN);
    s.exception(6); // back to root
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_NO_CANCEL});
    EXPECT_TRUE(t().alien() && t().dealien());
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0), .eip = 0x100});
    EXPECT_FALSE(t().alien() || t().dealien());
    s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_ALIEN});
    EXPECT_TRUE(t().alien());
}

} // namespace
