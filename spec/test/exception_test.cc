// SPDX-License-Identifier: BSD-2-Clause
// UTCBs, exception messages, aliens, triggers, time limits (semantics 11, 12, 15).
#include <cstddef>

#include "l4/abi/exception.h"
#include "l4/abi/utcb.h"
#include "spec/test/driver.h"

namespace spec {
namespace {

constexpr ThreadName five{5, 0};
constexpr std::size_t status = offsetof(l4_utcb_t, status), snd_size = offsetof(l4_utcb_t, snd_size),
                      rcv_size = offsetof(l4_utcb_t, rcv_size), limit = offsetof(l4_utcb_t, time_limit);
enum : Word { gs, fs, edi, esi, ebp, pfa, ebx, edx, ecx, eax_, trapno, err, eip, cs, eflags, esp };

/// Root waits as the pager of task 5, which runs.
class Exceptions : public Driver {
protected:
    void SetUp() override { start(0); }

    void start(Word flags) {
        Registers in;
        in.eax = l4_task_new_create(255, 0) | flags;
        in.esi = low(five);
        in.ebx = low(root);
        in.edx = 0x1000;
        in.ecx = 0x8000;
        syscall(L4_VEC_TASK_NEW, in);
        set_utcb(root, status, L4_UTCB_EXCEPTIONS);
        set_utcb(root, rcv_size, 16);
        wait_open();
        for (int i = 0; i < 9 && system.current() != five && !system.current_in_kernel(); ++i) {
            yield();
        }
        ASSERT_EQ(system.current(), five);
    }

    void answer(Word w0 = 0, Word w1 = 0, Word send = 0) {
        ASSERT_EQ(system.current(), root);
        ipc({.send = send, .receive = L4_RCV_OPEN, .partner = five, .w0 = w0, .w1 = w1});
    }

    void expect_message(Word number, Word code) {
        ASSERT_EQ(system.current(), root);
        EXPECT_EQ(system.registers(root).edx, L4_EXC_COOKIE_0);
        EXPECT_EQ(system.registers(root).ebx, L4_EXC_COOKIE_1);
        EXPECT_EQ(state_word(root, trapno), number);
        EXPECT_EQ(state_word(root, err), code);
    }
};

TEST_F(Exceptions, UtcbsAreMemoryOfTheTask) {
    EXPECT_TRUE(system.store(L4_UTCB_AREA + 0x3ffc, 7));
    EXPECT_EQ(system.load(L4_UTCB_AREA + 0x3ffc), 7u);
    EXPECT_FALSE(system.access(L4_UTCB_AREA + L4_UTCB_AREA_SIZE, false));
    EXPECT_EQ(utcb({5, 127}, 124), 7u);
    EXPECT_EQ(utcb({4, 127}, 124), 0u);
    EXPECT_TRUE(task(5).mappings.empty());
}

TEST_F(Exceptions, MessagesCopyWords) {
    set_utcb(root, rcv_size, 3);
    set_utcb(five, snd_size, 1000);
    for (Word i = 0; i < 16; ++i) {
        set_state_word(five, i, 100 + i);
    }
    send(root);
    EXPECT_EQ(state_word(root, 2), 102u);
    EXPECT_EQ(state_word(root, 3), 0u);
}

TEST_F(Exceptions, TheStateGoesAndComes) {
    system.registers().edi = 77;
    handle(Event::exception(L4_TRAP_INVALID_OP));
    expect_message(L4_TRAP_INVALID_OP, 0);
    EXPECT_EQ(state_word(root, edi), 77u);
    EXPECT_EQ(state_word(root, cs), 0x1bu);
    EXPECT_EQ(state_word(root, gs), 0x2bu);
    EXPECT_EQ(state(five), "fault_receive");
    EXPECT_EQ(view(five).fault, FaultKind::exception);
    EXPECT_EQ(view(five).trapno, L4_TRAP_INVALID_OP);
    set_utcb(root, snd_size, 16);
    set_state_word(root, edi, 78);
    set_state_word(root, cs, 8);
    set_state_word(root, eflags, ~Word{0});
    set_state_word(root, gs, 0x33);
    set_state_word(root, eip, 0x2000);
    answer();
    ASSERT_EQ(system.current(), five);
    EXPECT_EQ(system.registers().edi, 78u);
    EXPECT_EQ(system.registers().eflags, 0x00240fd7u);
    EXPECT_EQ(system.registers().gs, 0u);
    EXPECT_EQ(system.registers().eip, 0x2000u);
    EXPECT_EQ(view(five).trapno, 0u);
}

TEST_F(Exceptions, AnAnswerMayBePartialAndCarriesNoPages) {
    system.registers().ebp = 5;
    handle(Event::exception(L4_TRAP_DIVIDE));
    set_utcb(root, snd_size, 3);
    set_state_word(root, edi, 1);
    set_state_word(root, ebp, 1);
    answer(0, l4_fpage(0, 12, 0), L4_SND_MAP);
    EXPECT_EQ(eax(root), L4_IPC_SEMSGCUT);
    EXPECT_EQ(system.registers(five).edi, 1u);
    EXPECT_EQ(system.registers(five).ebp, 5u);
}

TEST_F(Exceptions, NobodyTakesThem) {
    handle(Event::exception(L4_TRAP_BREAKPOINT)); // not asked for
    EXPECT_EQ(state(five), "dead");
    EXPECT_EQ(state(root), "receive_open");
}

TEST_F(Exceptions, DebuggersAskForSingleSteps) {
    set_utcb(root, status, L4_UTCB_EXCEPTIONS | L4_UTCB_DEBUG);
    handle(Event::exception(L4_TRAP_DEBUG));
    expect_message(L4_TRAP_DEBUG, 0);
}

TEST_F(Exceptions, ReflectionPushesTheFrame) {
    set_utcb(root, status, 0);
    const Word area = L4_UTCB_AREA + 0x1000;
    system.store(area, 0xabcd03ff);     // limit, low half of the base
    system.store(area + 4, 0x0000bff0); // high half
    system.registers().eax = area;
    handle(Event::emulate(Emulated::lidt));
    EXPECT_EQ(view(five).idt_limit, 0x3ffu);
    EXPECT_EQ(view(five).idt_base, 0xbff0abcdu);
    EXPECT_EQ(system.registers().eip, 0x1003u);
    system.store(area, (area << 16) | 0x6f); // 14 gates
    system.store(area + 4, area >> 16);
    handle(Event::emulate(Emulated::lidt));
    system.store(area + 8 * 13, 0x00001234);
    system.store(area + 8 * 13 + 4, 0x56780000);
    system.registers().esp = area + 0x800;
    system.registers().eflags |= 0x100;
    handle(Event::exception(L4_TRAP_PROTECTION, 0x402));
    EXPECT_EQ(system.current(), five);
    EXPECT_EQ(system.registers().eip, 0x56781234u);
    EXPECT_EQ(system.registers().eflags, 0x202u);
    EXPECT_EQ(system.registers().esp, area + 0x800 - 16);
    EXPECT_EQ(system.load(area + 0x800 - 4), 0x302u);
    EXPECT_EQ(system.load(area + 0x800 - 8), 0x1bu);
    EXPECT_EQ(system.load(area + 0x800 - 12), 0x1006u);
    EXPECT_EQ(system.load(area + 0x800 - 16), 0x402u);
    system.registers().esp = 0x2002; // not there
    handle(Event::exception(L4_TRAP_PROTECTION));
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(system.registers(root).edx, 0x1ffeu);
    EXPECT_EQ(system.registers(five).eip, 0x56781234u);
    answer();
    handle(Event::exception(L4_TRAP_ALIGNMENT)); // behind the table's end
    EXPECT_EQ(state(five), "dead");
}

TEST_F(Exceptions, ATriggerComesBeforeUserMode) {
    wait_open(); // five
    run(sigma0);
    send(root);
    run(root);
    Registers in{.eax = l4_ex_regs_target(5, 0) | L4_EX_REGS_RAISE_EXCEPTION, .ebx = L4_INVALID_LOW};
    in.ecx = in.edx = L4_EX_REGS_KEEP;
    in.esi = L4_INVALID_LOW;
    syscall(L4_VEC_LTHREAD_EX_REGS, in);
    EXPECT_EQ(state(five), "receive_open");
    EXPECT_TRUE(view(five).triggered);
    in.edx = 0x5000;
    syscall(L4_VEC_LTHREAD_EX_REGS, in); // its EIP does not count
    EXPECT_EQ(system.registers(five).eip, 0x1000u);
    ipc({.send = 0, .receive = L4_RCV_OPEN, .partner = five, .w0 = 9});
    ASSERT_EQ(system.current(), five);
    EXPECT_EQ(state(five), "in_kernel");
    handle(Event::resume());
    expect_message(L4_TRAP_TRIGGERED, 0);
    EXPECT_EQ(state_word(root, edx), 9u);
    EXPECT_FALSE(view(five).triggered);
    answer();
    EXPECT_EQ(state(five), "ready");
}

TEST_F(Exceptions, APendingOneThatNobodyTakesIsForgotten) {
    set_utcb(root, status, 0);
    Registers in{.eax = L4_EX_REGS_RAISE_EXCEPTION, .ebx = L4_INVALID_LOW};
    in.ecx = in.edx = L4_EX_REGS_KEEP;
    in.esi = L4_INVALID_LOW;
    syscall(L4_VEC_LTHREAD_EX_REGS, in);
    EXPECT_TRUE(system.current_in_kernel());
    handle(Event::resume());
    EXPECT_EQ(system.current(), five);
    EXPECT_FALSE(system.current_in_kernel());
}

TEST_F(Exceptions, PageFaultsWithStateAndAListOfPages) {
    handle(Event::page_fault(0x3000, pf_user | pf_write));
    EXPECT_EQ(state_word(root, trapno), 0u); // not asked for
    EXPECT_EQ(view(five).trapno, L4_TRAP_PAGE_FAULT);
    set_utcb(root, snd_size, 16);
    set_state_word(root, eip, 0x7777);
    answer();
    EXPECT_EQ(system.registers(five).eip, 0x1000u);
    set_utcb(root, status, L4_UTCB_PF_STATE);
    handle(Event::page_fault(0x3000, pf_user | pf_write));
    EXPECT_EQ(state_word(root, pfa), 0x3000u);
    EXPECT_EQ(state_word(root, err), pf_user | pf_write);
    set_state_word(root, eip, 0x7777);
    answer();
    EXPECT_EQ(system.registers(five).eip, 0x7777u);
    handle(Event::page_fault(0x3000, pf_user));
    set_state_word(root, eip, 0x8888);
    answer(L4_PF_REFUSED);
    EXPECT_EQ(state(five), "dead");
    EXPECT_EQ(system.registers(five).eip, 0x7777u);
}

TEST_F(Exceptions, TheTimeLimitComesToTheMicrosecond) {
    handle(Event::exception(L4_TRAP_DIVIDE));
    set_utcb(root, status, L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT);
    for (Time next = 500; next < 600; ++next) {
        set_utcb(root, limit, static_cast<Word>(next));
        answer();
        ASSERT_EQ(system.current(), five);
        EXPECT_EQ(system.timer(), next);
        now = next;
        handle(Event::timer());
        EXPECT_TRUE(system.current_in_kernel());
        EXPECT_FALSE(view(five).time_limit);
        handle(Event::resume());
        expect_message(L4_TRAP_TIME, 0);
    }
    set_utcb(root, limit, 100); // has passed already
    answer();
    EXPECT_TRUE(system.current_in_kernel());
    handle(Event::resume());
    expect_message(L4_TRAP_TIME, 0);
    set_utcb(root, limit, ~Word{0});
    set_utcb(root, limit + 4, ~Word{0});
    answer();
    EXPECT_FALSE(view(five).time_limit);
}

TEST_F(Exceptions, TheTimeLimitWaitsForAnIpc) {
    handle(Event::exception(L4_TRAP_DIVIDE));
    set_utcb(root, status, L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT);
    set_utcb(root, limit, 50);
    answer();
    ipc({.receive = L4_RCV_OPEN, .timeouts = l4_timeout(0, 0, 100, 15)});
    run(sigma0);
    now = 60;
    handle(Event::timer());
    EXPECT_EQ(view(five).time_limit, 50u);
    now = 100;
    handle(Event::timer());
    run(five);
    EXPECT_TRUE(view(five).time_fault);
    handle(Event::resume());
    expect_message(L4_TRAP_TIME, 0);
    EXPECT_EQ(state_word(root, eax_), L4_IPC_RETIMEOUT);
}

TEST_F(Exceptions, DeletedPagers) {
    run(sigma0);
    send(root);
    run(five);
    handle(Event::exception(L4_TRAP_DIVIDE));
    EXPECT_EQ(state(five), "fault_send");
    run(root);
    EXPECT_EQ(view(five).partner, low(root));
    Registers in{.eax = l4_ex_regs_target(5, 0), .ebx = L4_INVALID_LOW};
    in.ecx = L4_EX_REGS_KEEP;
    in.edx = 0x4000;
    in.esi = L4_INVALID_LOW;
    syscall(L4_VEC_LTHREAD_EX_REGS, in); // ends it
    EXPECT_EQ(state(five), "ready");
    EXPECT_EQ(view(five).trapno, 0u);
}

class Aliens : public Exceptions {
protected:
    void SetUp() override { start(L4_TASK_NEW_ALIEN | L4_TASK_NEW_RAISE_EXCEPTION); }
};

TEST_F(Aliens, CallsAreExceptionsUntilAllowed) {
    handle(Event::resume());
    expect_message(L4_TRAP_TRIGGERED, 0);
    answer();
    system.registers().eip = 0x1002;
    syscall(L4_VEC_ID_NEAREST, {});
    expect_message(L4_TRAP_PROTECTION, 0x18a);
    EXPECT_EQ(state_word(root, eip), 0x1000u);
    answer(L4_EXC_DEALIEN);
    EXPECT_TRUE(view(five).dealien);
    handle(Event::exception(L4_TRAP_BREAKPOINT)); // aliens' are taken
    expect_message(L4_TRAP_BREAKPOINT, 0);
    answer();
    syscall(L4_VEC_ID_NEAREST, {});
    EXPECT_EQ(system.registers(five).esi, low(five));
    EXPECT_EQ(view(five).after_call, 0x18eu);
    EXPECT_FALSE(view(five).dealien);
    handle(Event::resume());
    expect_message(L4_TRAP_PROTECTION, 0x18e);
    answer();
    syscall(L4_VEC_ID_NEAREST, {});
    expect_message(L4_TRAP_PROTECTION, 0x18a);
}

TEST_F(Aliens, AnIpcIsOverWhenItEnds) {
    handle(Event::resume());
    answer(L4_EXC_DEALIEN);
    wait_open();
    EXPECT_EQ(view(five).after_call, 0u);
    run(sigma0);
    send(five);
    EXPECT_EQ(view(five).after_call, l4_exc_err_int(L4_VEC_IPC) | L4_EXC_ERR_AFTER_CALL);
    run(five);
    handle(Event::resume());
    expect_message(L4_TRAP_PROTECTION, l4_exc_err_int(L4_VEC_IPC) | L4_EXC_ERR_AFTER_CALL);
}

TEST_F(Aliens, APageFaultIsAnExceptionThatTakesPages) {
    handle(Event::resume());
    answer();
    handle(Event::page_fault(0x5000, pf_user));
    expect_message(L4_TRAP_PAGE_FAULT, pf_user);
    EXPECT_EQ(state_word(root, pfa), 0x5000u);
    answer(L4_PF_REFUSED); // means nothing here
    EXPECT_EQ(state(five), "ready");
    handle(Event::io_fault(0x60, 1));
    expect_message(L4_TRAP_PROTECTION, 0);
}

TEST_F(Aliens, ExRegsWithAnEipEndsIt) {
    handle(Event::resume());
    answer(L4_EXC_DEALIEN);
    Registers in{.ebx = L4_INVALID_LOW};
    in.ecx = L4_EX_REGS_KEEP;
    in.edx = 0x4000;
    in.esi = L4_INVALID_LOW;
    syscall(L4_VEC_LTHREAD_EX_REGS, in); // the call that it is allowed
    EXPECT_FALSE(view(five).alien);
    EXPECT_EQ(view(five).after_call, 0u);
    EXPECT_EQ(system.current(), five);
}

} // namespace
} // namespace spec
