// SPDX-License-Identifier: BSD-2-Clause
// ex_regs in other tasks, stop and restart with state, TLS, I/O faults, lists of flexpages (semantics 13 to
// 17).
#include <cstddef>

#include "l4/abi/exception.h"
#include "l4/abi/utcb.h"
#include "spec/test/driver.h"

namespace spec {
namespace {

constexpr ThreadName five{5, 0}, other{4, 1};
constexpr std::size_t status = offsetof(l4_utcb_t, status), snd_size = offsetof(l4_utcb_t, snd_size),
                      tls = offsetof(l4_utcb_t, tls), limit = offsetof(l4_utcb_t, time_limit),
                      map_count = offsetof(l4_utcb_t, map_count);
constexpr Word gs = 0, edi = 2, eax_ = 9, eip = 12, eflags = 14, esp = 15;

class State : public Driver {
protected:
    State() : Driver({.kernel_begin = 0x400000, .kernel_end = 0x800000}) {}

    void ex_regs(ThreadName target, Word flags, Word new_eip = L4_EX_REGS_KEEP) {
        Registers in{.eax = l4_ex_regs_target(target.task, target.lthread) | flags, .ebx = L4_INVALID_LOW};
        in.ecx = L4_EX_REGS_KEEP;
        in.edx = new_eip;
        in.esi = L4_INVALID_LOW;
        syscall(L4_VEC_LTHREAD_EX_REGS, in);
    }
};

TEST_F(State, OnlyThePagersTaskMay) {
    start_task(5);
    ex_regs({5, 3}, 0, 0x1000);
    EXPECT_EQ(eax(root), 0u);
    EXPECT_EQ(task(5).present, (std::vector<ThreadName>{five, {5, 3}}));
    EXPECT_EQ(task(4).present, (std::vector<ThreadName>{root}));
    EXPECT_EQ(view({5, 3}).pager, Id{});
    ex_regs({5, 3}, 0, 0x2000); // has no pager
    EXPECT_EQ(eax(root), L4_EX_REGS_ERROR);
    EXPECT_EQ(system.registers(root).edx, 0x2000u);
    ex_regs(sigma0, 0);
    EXPECT_EQ(eax(root), L4_EX_REGS_ERROR);
    ex_regs({6, 0}, 0);
    EXPECT_EQ(eax(root), L4_EX_REGS_ERROR);
    run(five);
    ex_regs(root, 0);
    EXPECT_EQ(eax(five), L4_EX_REGS_ERROR);
}

TEST_F(State, ANewThreadHasNoMoreThanItsTasksMcp) {
    Registers in{.eax = l4_task_new_create(10, 0), .ebx = low(root)};
    in.esi = low(five);
    syscall(L4_VEC_TASK_NEW, in);
    ex_regs({5, 1}, 0, 0x1000);
    EXPECT_EQ(view({5, 1}).mcp, 10u);
}

TEST_F(State, StopFetchRestart) {
    start_task(5);
    system.registers(five).edi = 5;
    ex_regs(five, L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET);
    EXPECT_EQ(state(five), "stopped");
    EXPECT_EQ(state_word(root, edi), 5u);
    syscall(L4_VEC_THREAD_SCHEDULE, {.eax = L4_SCHED_QUERY, .ebx = L4_INVALID_LOW, .esi = low(five)});
    EXPECT_EQ((eax(root) & L4_SCHED_STATE_MASK) >> L4_SCHED_STATE_SHIFT, L4_STATE_STOPPED);
    ipc({.send = 0, .partner = five, .timeouts = L4_TIMEOUT_SND_ZERO});
    EXPECT_EQ(eax(root), L4_IPC_SETIMEOUT);
    ex_regs(five, 0);
    EXPECT_EQ(state(five), "stopped");
    set_utcb(root, snd_size, 16);
    set_state_word(root, edi, 6);
    set_state_word(root, eip, 0x9000);
    set_state_word(root, eflags, 0x3000 | 0x4000 | 1);
    set_utcb(root, status, L4_UTCB_TIME_LIMIT);
    set_utcb(root, limit, 1234);
    ex_regs(five, L4_EX_REGS_STATE_SET);
    EXPECT_EQ(state(five), "ready");
    EXPECT_EQ(system.registers(five).edi, 6u);
    EXPECT_EQ(system.registers(five).eip, 0x9000u);
    EXPECT_EQ(system.registers(five).eflags, 0x203u);
    EXPECT_EQ(view(five).time_limit, 1234u);
}

TEST_F(State, StopWaitsForAnIpc) {
    start_thread(1);
    run(other);
    wait_open();
    run(root);
    ex_regs(other, L4_EX_REGS_STOP);
    EXPECT_EQ(state(other), "receive_open");
    send(other, 7);
    ASSERT_EQ(system.current(), other);
    EXPECT_EQ(state(other), "in_kernel");
    handle(Event::resume());
    EXPECT_EQ(state(other), "stopped");
    run(root);
    ex_regs(other, L4_EX_REGS_STATE_GET);
    EXPECT_EQ(state_word(root, 7), 7u);
    ex_regs(other, L4_EX_REGS_STOP, 0x5000);
    EXPECT_EQ(state(other), "stopped");
    ex_regs(other, 0, 0x6000);
    EXPECT_EQ(state(other), "ready");
    EXPECT_EQ(system.registers(other).eip, 0x6000u);
}

TEST_F(State, StateCancelsUnlessAskedNotTo) {
    start_thread(1);
    run(other);
    wait_open();
    run(root);
    set_utcb(root, snd_size, 3);
    set_state_word(root, edi, 8);
    ex_regs(other, L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL);
    EXPECT_EQ(state(other), "receive_open");
    EXPECT_EQ(system.registers(other).edi, 8u);
    ex_regs(other, L4_EX_REGS_STATE_SET);
    EXPECT_EQ(state(other), "ready");
    EXPECT_EQ(eax(other), L4_IPC_RECANCELED);
}

TEST_F(State, CreatedWithState) {
    set_utcb(root, snd_size, 16);
    set_state_word(root, eip, 0x4444);
    set_state_word(root, esp, 0x5555);
    set_state_word(root, eax_, 3);
    ex_regs(other, L4_EX_REGS_STATE_SET | L4_EX_REGS_STOP);
    EXPECT_EQ(state(other), "stopped");
    EXPECT_EQ(system.registers(other).eip, 0x4444u);
    EXPECT_EQ(system.registers(other).esp, 0x5555u);
    EXPECT_EQ(eax(other), 3u);
    EXPECT_EQ(eax(root), 0u);
}

TEST_F(State, ItselfAsTarget) {
    set_utcb(root, snd_size, 16);
    set_state_word(root, eip, 0x4444);
    ex_regs(root, L4_EX_REGS_STATE_SET | L4_EX_REGS_STOP);
    EXPECT_EQ(system.current(), sigma0);
    EXPECT_EQ(state(root), "stopped");
    EXPECT_EQ(system.registers(root).eip, 0x4444u);
    EXPECT_EQ(eax(root), 0x202u);
}

TEST_F(State, FpuRegisters) {
    system.fpu()[3] = 9;
    start_thread(1);
    ex_regs(other, L4_EX_REGS_FPU_SET);
    EXPECT_EQ(view(other).fpu[3], 9u);
    system.fpu()[3] = 10;
    ex_regs(other, L4_EX_REGS_FPU_SET | L4_EX_REGS_FPU_GET);
    EXPECT_EQ(view(other).fpu[3], 10u);
    EXPECT_EQ(system.fpu()[3], 9u);
    ex_regs(other, L4_EX_REGS_FPU_RESET);
    EXPECT_EQ(view(other).fpu[3], 0u);
}

TEST_F(State, TlsDescriptorsAndSelectors) {
    for (Word i = 0; i < 6; ++i) {
        set_utcb(root, tls + 4 * i, i % 2 == 0 ? 0xffff : 0x00ff0000);
    }
    set_utcb(root, tls + 4, 0x00eff200);
    set_utcb(root, tls + 12, 0x00cffa00); // code
    set_utcb(root, tls + 20, 0x00cf9200); // privileged
    start_thread(1);
    ex_regs(other, L4_EX_REGS_TLS);
    EXPECT_EQ(view(other).tls, (std::array<std::uint64_t, 3>{0x00cff2000000ffff, 0, 0}));
    set_utcb(root, snd_size, 2);
    set_state_word(root, gs, 0x33);
    set_state_word(root, gs + 1, 0x3b);
    ex_regs(other, L4_EX_REGS_STATE_SET);
    EXPECT_EQ(system.registers(other).gs, 0x33u);
    EXPECT_EQ(system.registers(other).fs, 0u);
    set_utcb(root, tls + 4, 0);
    ex_regs(other, L4_EX_REGS_TLS);
    EXPECT_EQ(system.registers(other).gs, 0u);
}

TEST_F(State, Lldt) {
    start_thread(1);
    system.store(L4_UTCB_AREA + 0x100, 0x1234);
    system.store(L4_UTCB_AREA + 0x104, 0x00cff200);
    Registers& r = system.registers();
    r.eax = L4_UTCB_AREA + 0x100;
    r.ebx = 8;
    r.ecx = 2;
    r.edx = 0;
    r.esi = low(other);
    handle(Event::emulate(Emulated::lldt));
    EXPECT_EQ(view(other).tls, (std::array<std::uint64_t, 3>{0, 0, 0x00cff20000001234}));
    EXPECT_EQ(system.registers(root).eip, 3u);
    system.registers().ecx = 3;
    handle(Event::emulate(Emulated::lldt));
    EXPECT_EQ(system.registers(root).eip, 6u);
}

TEST_F(State, IoFaultsAndIopl) {
    run(sigma0);
    wait_open();
    handle(Event::io_fault(0x60, 2));
    EXPECT_EQ(system.registers(sigma0).edx, 0xf0060004u);
    ipc({.send = L4_SND_MAP, .receive = L4_RCV_OPEN, .partner = root, .w1 = l4_io_fpage(0x60, 1, 0)});
    EXPECT_TRUE(system.has_port(0x61));
    handle(Event::io_fault(0, 0));
    EXPECT_EQ(system.registers(sigma0).edx, L4_FP_IO_WHOLE);
    ipc({.send = L4_SND_MAP, .receive = L4_RCV_OPEN, .partner = root, .w1 = L4_FP_IO_WHOLE});
    EXPECT_EQ(system.registers(root).eflags, 0x202u);
    handle(Event::io_fault(0, 0));
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(system.registers(root).eflags, 0x3202u);
    set_utcb(root, snd_size, 16);
    set_state_word(root, eflags, 0);
    ex_regs(root, L4_EX_REGS_STATE_SET);
    EXPECT_EQ(system.registers(root).eflags, 0x3002u); // it can execute cli itself
    syscall(L4_VEC_FPAGE_UNMAP, {.eax = l4_io_fpage(0x60, 0, 0), .ecx = L4_FP_FLUSH | L4_FP_ALL_SPACES});
    EXPECT_EQ(system.registers(root).eflags, 0x202u);
}

TEST_F(State, SeveralFlexpagesInOneAnswer) {
    run(sigma0);
    wait_open();
    const auto bring_in = [this](Word va) { handle(Event::page_fault(va, pf_user | pf_write)); };
    bring_in(0x10000);
    ASSERT_EQ(system.current(), sigma0);
    bring_in(0x10000); // 4 MiB
    set_utcb(sigma0, snd_size, 1);
    set_utcb(sigma0, map_count, 1000);
    for (Word i = 0; i < 4; ++i) {
        set_state_word(sigma0, 1 + 2 * i, 0x20000 + i * 0x1000);
        set_state_word(sigma0, 2 + 2 * i, i == 3 ? 0 : l4_fpage(0x20000 + i * 0x1000, 12, L4_FP_WRITE));
    }
    ipc({.send = L4_SND_MAP,
         .receive = L4_RCV_OPEN,
         .partner = root,
         .w0 = 0x10000,
         .w1 = l4_fpage(0x10000, 12, L4_FP_WRITE)});
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(task(4).mappings.size(), 4u);
    EXPECT_TRUE(system.access(0x22000, true));
}

TEST_F(State, TheUtcbAreaIsNeverMappedOn) {
    run(sigma0);
    wait_open();
    handle(Event::page_fault(0xbfc01000, pf_user | pf_write));
    const Word before = task(4).account.used;
    handle(Event::page_fault(0xbfc01000, pf_user | pf_write)); // sigma0's own
    ipc({.send = L4_SND_MAP,
         .receive = L4_RCV_OPEN,
         .partner = root,
         .w0 = 0xbfc00000,
         .w1 = l4_fpage(0xbfc00000, 22, L4_FP_WRITE)});
    EXPECT_EQ(task(4).mappings.size(), 1u);
    EXPECT_EQ(task(4).account.used, before + 1); // a node; the table is there
}

} // namespace
} // namespace spec
