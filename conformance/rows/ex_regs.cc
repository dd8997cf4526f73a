// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ex_regs.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word patience = after(50000), keep = ~0u;
alignas(16) char stack[4096];
Word top_of_stack() { return address(stack + sizeof stack - 256); }
Word eip() { return address(landing); }

Regs do_ex_regs(Actor& by, Regs r) { return by.call(L4_VEC_LTHREAD_EX_REGS, r); }

/// A, and E in the same task, which calls lthread_ex_regs for lthread 0.
void prepare(int actors = 1) {
    cast(actors);
    E.create_thread(A, 1);
    settle();
}

void expect_kept_but_eax(Regs got, Regs given, Word eax) {
    EQ(got.eax, eax);
    EQ(got.ecx, given.ecx);
    EQ(got.edx, given.edx);
    EQ(got.ebx, given.ebx);
    EQ(got.ebp, given.ebp);
    EQ(got.esi, given.esi);
    EQ(got.edi, given.edi);
}

ROW(ex_regs_create) {
    cast(2);
    Word count = 0;
    for (const Word lthread : {1u, 127u}) {
        const Regs given = ex_regs(lthread, eip(), top_of_stack(), pager_id, B.id);
        expect_kept_but_eax(do_ex_regs(A, given), given, 0);
        settle();
        EQ(landed.count, ++count);
        for (const Word r : {landed.r.eax, landed.r.ecx, landed.r.edx, landed.r.ebx, landed.r.ebp,
                             landed.r.esi, landed.r.edi})
            EQ(r, 0);
        EQ(landed.esp, top_of_stack());
        const Regs old = do_ex_regs(A, ex_regs(lthread));
        EQ(old.eax & ~0x8d5u, 0x202);
        EQ(old.esi, pager_id.low);
        EQ(old.ebx, B.id.low);
        EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(A.task, lthread))).eax & L4_SCHED_PRIO_MASK,
           actor_prio);
    }
    // To the tail: behind a thread that was ready before.
    E.create_thread(A, 5);
    settle();
    landed.count = 0;
    A.begin_call(L4_VEC_LTHREAD_EX_REGS, ex_regs(6, eip(), top_of_stack(), pager_id));
    E.begin([] { log(landed.count == 0 ? 'E' : 'x'); });
    settle();
    LOG("E");
    EQ(landed.count, 1);
}

ROW(ex_regs_create_dead) {
    cast(1);
    EQ(do_ex_regs(A, ex_regs(3, keep, top_of_stack(), pager_id)).eax, 0);
    EQ(state(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(A.task, 3)))), L4_STATE_DEAD);
    EQ(A.ipc(send(l4_threadid(A.task, 3))).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ex_regs_create_keeps_nothing) {
    cast(1);
    do_ex_regs(A, ex_regs(3, eip()));
    settle();
    EQ(landed.count, 1);
    EQ(landed.esp, 0);
    const Regs old = do_ex_regs(A, ex_regs(3));
    EQ(old.ecx, 0);
    EQ(old.esi, 0);
    EQ(old.ebx, 0);
}

ROW(ex_regs_create_inherits) {
    A.create(first_task, {.prio = 16, .mcp = 20});
    settle();
    call(L4_VEC_THREAD_SCHEDULE, schedule(A.id, l4_sched_param(16, 0, 0)));
    B = {};
    Spawn s;
    s.prio = 16;
    static Word created;
    do_ex_regs(A, ex_regs(4, keep, 0, pager_id));
    created = A.call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(A.task, 4))).eax;
    EQ(created & L4_SCHED_PRIO_MASK, 16);
    EQ(created & (L4_SCHED_TIME_EXP_MASK | L4_SCHED_TIME_MAN_MASK), default_slice(0));
    B.create_thread(A, 1, s);
    settle();
    YES(B.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, default_slice(20))).eax != L4_SCHED_ERROR);
    EQ(B.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, default_slice(21))).eax, L4_SCHED_ERROR);
}

ROW(ex_regs_create_no_memory) {
    // The program's node, and one frame of threads.
    A.create(first_task, {.quota = L4_KMEM_TASK + 2});
    settle();
    for (Word n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n) EQ(do_ex_regs(A, ex_regs(n)).eax, 0);
    const Regs given = ex_regs(20, eip(), top_of_stack(), pager_id);
    expect_kept_but_eax(do_ex_regs(A, given), given, L4_EX_REGS_ERROR);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(A.task, 20))).eax, L4_SCHED_ERROR);
}

ROW(ex_regs_query) {
    prepare();
    A.begin(receive(nil, rcv_after(5000)));
    settle();
    const Regs first = do_ex_regs(E, ex_regs(0)), second = do_ex_regs(E, ex_regs(0));
    expect_kept_but_eax(second, first, first.eax);
    EQ(first.esi, pager_id.low);
    YES(first.edx >= 0x1000000 && first.edx < 0x1400000);
    YES(first.ecx >= 0x1000000 && first.ecx < 0x1400000);
    EQ(first.eax & 0x200, 0x200);
    YES(A.busy());
    EQ(A.end().eax, L4_IPC_RETIMEOUT);
}

ROW(ex_regs_set_all) {
    prepare(2);
    static volatile Word loops;
    loops = 0;
    A.begin([] {
        asm volatile("1: incl %0; jmp 1b" : "+m"(loops) : "b"(0xbbbb), "S"(0x5151), "D"(0xd1d1), "c"(0xcccc));
    });
    settle(200);
    YES(loops > 0);
    E.set_prio(actor_prio + 1);
    const Id odd_pager = {pager_id.low | 0x3, 0x70000001}, odd_preempter = {B.id.low, 0x12345678};
    const Regs old = do_ex_regs(E, ex_regs(0, eip(), top_of_stack(), odd_pager, odd_preempter));
    EQ(old.esi, pager_id.low);
    EQ(old.ebx, 0);
    settle();
    EQ(landed.count, 1);
    EQ(landed.esp, top_of_stack());
    EQ(landed.r.ebx, 0xbbbb);
    EQ(landed.r.esi, 0x5151);
    EQ(landed.r.edi, 0xd1d1);
    EQ(landed.r.ecx, 0xcccc);
    const Regs now_set = do_ex_regs(E, ex_regs(0));
    EQ(now_set.esi, odd_pager.low);
    EQ(now_set.edi, odd_pager.high);
    EQ(now_set.ebx, odd_preempter.low);
    EQ(now_set.ebp, odd_preempter.high);
    EQ(now_set.ecx, top_of_stack());
}

ROW(ex_regs_set_one) {
    prepare(2);
    A.begin(receive(B.id, patience));
    settle();
    const Regs first = do_ex_regs(E, ex_regs(0));
    do_ex_regs(E, ex_regs(0, keep, 0x1234560));
    Regs r = do_ex_regs(E, ex_regs(0));
    EQ(r.ecx, 0x1234560);
    EQ(r.edx, first.edx);
    EQ(r.esi, first.esi);
    do_ex_regs(E, ex_regs(0, keep, first.ecx, B.id));
    r = do_ex_regs(E, ex_regs(0));
    EQ(r.esi, B.id.low);
    EQ(r.ecx, first.ecx);
    EQ(r.ebx, first.ebx);
    do_ex_regs(E, ex_regs(0, keep, keep, nil));
    EQ(do_ex_regs(E, ex_regs(0)).esi, 0);
    do_ex_regs(E, ex_regs(0, keep, keep, invalid, B.id));
    r = do_ex_regs(E, ex_regs(0));
    EQ(r.ebx, B.id.low);
    EQ(r.esi, 0);
    YES(A.busy());
    B.ipc(send(A.id, 3));
    EQ(A.end().edx, 3);
    A.begin(receive(B.id, patience));
    settle();
    do_ex_regs(E, ex_regs(0, eip()));
    settle();
    EQ(landed.count, 1);
    r = do_ex_regs(E, ex_regs(0));
    EQ(r.ebx, B.id.low);
    YES(r.ecx != 0x1234560);
}

ROW(ex_regs_unknown_ids_are_ignored) {
    prepare(2);
    do_ex_regs(E, ex_regs(0, keep, keep, pager_id, B.id));
    do_ex_regs(E, ex_regs(0, eip(), keep, l4_threadid(1500, 0), l4_threadid(1500, 1)));
    settle();
    EQ(landed.count, 1);
    const Regs r = do_ex_regs(E, ex_regs(0));
    EQ(r.esi, pager_id.low);
    EQ(r.ebx, B.id.low);
}

extern "C" {
extern char behind_ex_regs[];
}

ROW(ex_regs_on_itself) {
    prepare();
    static Word old_esp;
    A.begin([] {
        asm volatile("movl %%esp, %0" : "=m"(old_esp));
        // The old values come in the registers, seen at the new place.
        asm volatile(
            "pushl %%ebp\n\tmovl $-1, %%ebp\n\tint $0x35\n\t.globl behind_ex_regs\nbehind_ex_regs:\n\tpopl "
            "%%ebp"
            :
            : "a"(0), "c"(top_of_stack()), "d"(eip()), "S"(-1), "D"(-1), "b"(-1)
            : "memory");
    });
    settle();
    EQ(landed.count, 1);
    EQ(landed.esp, top_of_stack());
    EQ(landed.r.edx, address(behind_ex_regs));
    EQ(landed.r.ecx, old_esp - 4);
    EQ(landed.r.esi, pager_id.low);
    EQ(landed.r.eax & 0x200, 0x200);
}

ROW(ex_regs_own_task_number) {
    prepare();
    A.begin(receive(nil));
    settle();
    do_ex_regs(E, ex_regs(l4_ex_regs_target(A.task, 0), eip()));
    settle();
    EQ(landed.r.eax, L4_IPC_RECANCELED);
}

ROW(ex_regs_other_task) {
    cast(2);
    for (const Word task : {B.task, 200u}) {
        const Regs given = ex_regs(l4_ex_regs_target(task, 0), eip(), top_of_stack(), A.id, A.id);
        expect_kept_but_eax(do_ex_regs(A, given), given, L4_EX_REGS_ERROR);
    }
    settle();
    EQ(landed.count, 0);
    EQ(B.call(L4_VEC_ID_NEAREST, nearest(nil)).esi, B.id.low);
}

ROW(ex_regs_thread_0) {
    prepare();
    A.begin(receive(nil));
    settle();
    do_ex_regs(E, ex_regs(0, eip(), top_of_stack()));
    settle();
    EQ(landed.count, 1);
    EQ(landed.esp, top_of_stack());
}

ROW(ex_regs_starts_dead_thread) {
    prepare();
    Word count = 0;
    for (const Word flags : {0u, L4_EX_REGS_NO_CANCEL}) {
        const Word lthread = 4 + count;
        do_ex_regs(E, ex_regs(lthread, keep, keep, pager_id));
        do_ex_regs(E, ex_regs(lthread | flags, eip(), top_of_stack()));
        settle();
        EQ(landed.count, ++count);
    }
    for (const Word flags : {0u, L4_EX_REGS_NO_CANCEL}) {
        A.begin(die);
        settle();
        EQ(A.query_state(), L4_STATE_DEAD);
        do_ex_regs(E, ex_regs(flags, eip(), top_of_stack()));
        settle();
        EQ(landed.count, ++count);
        EQ(landed.esp, top_of_stack());
        A.restart_by(E);
    }
}

ROW(ex_regs_dead_without_eip) {
    prepare();
    A.begin(die);
    settle();
    do_ex_regs(E, ex_regs(0, keep, 0x123450));
    settle();
    EQ(A.query_state(), L4_STATE_DEAD);
    EQ(do_ex_regs(E, ex_regs(0)).ecx, 0x123450);
}

/// A waits in `r`, and E gives it a new EIP while C is ready.
void expect_cancelled(Regs r, Word code) {
    landed = {};
    r.edx = 0x11;
    r.ebx = 0x22;
    A.begin(r);
    settle();
    E.begin_call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, eip()));
    C.begin([] { log(landed.count == 0 ? 'C' : 'x'); });
    settle();
    LOG("C");
    EQ(landed.count, 1);
    EQ(landed.r.eax, code);
    EQ(landed.r.edx, 0x11);
    EQ(landed.r.ebx, 0x22);
    EQ(landed.r.esi, r.esi);
    EQ(landed.r.edi, r.edi);
    A.restart_by(E);
}

ROW(ex_regs_cancels_send) {
    prepare(3);
    expect_cancelled(send({B.id.low, 0}), L4_IPC_SECANCELED);
    expect_cancelled(both({B.id.low, 0}, 0, 0, never), L4_IPC_SECANCELED);
}

ROW(ex_regs_cancels_receive) {
    prepare(3);
    const Id b = {B.id.low, 0};
    expect_cancelled(receive(b), L4_IPC_RECANCELED);
    expect_cancelled(receive_open(), L4_IPC_RECANCELED);
    expect_cancelled(receive(nil), L4_IPC_RECANCELED);
    A.ipc(receive(l4_irq_id(serial_irq), zero));
    expect_cancelled(receive(l4_irq_id(serial_irq)), L4_IPC_RECANCELED);
    B.begin(receive_open());
    settle();
    expect_cancelled(both(b, 0, 0, never), L4_IPC_RECANCELED);
}

ROW(ex_regs_without_eip_cancels_nothing) {
    prepare(2);
    A.begin(send(B.id, 5));
    settle();
    const Word esp = do_ex_regs(E, ex_regs(0)).ecx;
    do_ex_regs(E, ex_regs(0, keep, esp, pager_id, B.id));
    YES(A.busy());
    EQ(B.ipc(receive_open(zero)).edx, 5);
    EQ(A.end().eax, L4_IPC_OK);
    A.begin(receive_open());
    settle();
    const Word esp_2 = do_ex_regs(E, ex_regs(0)).ecx;
    do_ex_regs(E, ex_regs(0, keep, esp_2, pager_id, B.id));
    YES(A.busy());
    B.ipc(send(A.id, 6));
    EQ(A.end().edx, 6);
}

ROW(ex_regs_no_cancel) {
    prepare(2);
    A.begin(send(B.id, 5, 6));
    settle();
    do_ex_regs(E, ex_regs(L4_EX_REGS_NO_CANCEL, eip()));
    EQ(landed.count, 0);
    EQ(B.ipc(receive_open(zero)).edx, 5);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_IPC_OK);
    A.restart_by(E);
    A.begin(receive_open());
    settle();
    do_ex_regs(E, ex_regs(L4_EX_REGS_NO_CANCEL, eip()));
    B.ipc(send(A.id, 7, 8));
    settle();
    EQ(landed.count, 2);
    EQ(landed.r.eax, two_words);
    EQ(landed.r.edx, 7);
    EQ(landed.r.ebx, 8);
    EQ(landed.r.esi, B.id.low);
}

/// Faults with these in its registers.
void fault_with_registers() {
    asm volatile("movl (%%esi), %%edi"
                 :
                 : "a"(0xaa), "b"(0xbb), "c"(0xcc), "d"(0xdd), "S"(nowhere), "D"(0xd1));
}

ROW(ex_regs_cancels_page_fault) {
    prepare(1);
    F.create_in_root(2);
    settle();
    for (const bool taken : {false, true}) {
        A.set_pager(F.id);
        landed = {};
        A.begin(fault_with_registers);
        settle();
        if (taken) EQ(F.ipc(receive_open(zero)).edx, nowhere);
        do_ex_regs(E, ex_regs(0, eip()));
        settle();
        EQ(landed.count, 1);
        EQ(landed.r.eax, 0xaa);
        EQ(landed.r.ebx, 0xbb);
        EQ(landed.r.ecx, 0xcc);
        EQ(landed.r.edx, 0xdd);
        EQ(landed.r.esi, nowhere);
        EQ(landed.r.edi, 0xd1);
        if (taken)
            EQ(F.ipc(send(A.id, 1, 2, zero)).eax, L4_IPC_SETIMEOUT);
        else
            EQ(F.ipc(receive_open(zero)).eax, L4_IPC_RETIMEOUT);
        A.restart_by(E);
    }
}

ROW(ex_regs_page_fault_no_cancel) {
    prepare(1);
    F.create_in_root(2);
    settle();
    A.set_pager(F.id);
    A.begin(fault_with_registers);
    settle();
    EQ(F.ipc(receive_open(zero)).edx, nowhere);
    do_ex_regs(E, ex_regs(L4_EX_REGS_NO_CANCEL, eip()));
    settle();
    EQ(landed.count, 0);
    EQ(F.ipc(send(A.id, 1, 2, zero)).eax, L4_IPC_OK);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.edi, 0xd1);
}

ROW(ex_regs_during_long_call) {
    prepare(2);
    constexpr Word here = 0x50000000, there = 0x60000000;
    E.set_prio(actor_prio + 10);
    give(A, here, superpage(0), super_log2);
    for (Word i = 0; i < 16; ++i)
        pass(A, B, there + i * super_size + super_size / 2, fpage(here + i % 2 * (super_size / 2), 21));
    B.can_write(there + super_size / 2);
    // E comes in while A is in the kernel.
    E.begin([] {
        ipc(sleep_for(300));
        call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, eip()));
        log(landed.count == 0 ? 'E' : 'x');
    });
    A.begin_call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, super_log2), L4_FP_FLUSH));
    settle(500000);
    LOG("E");
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_FP_REFERENCED | L4_FP_DIRTY);
    NO(B.can_read(there + super_size / 2));
    A.restart_by(E);
    for (Word i = 0; i < 16; ++i)
        pass(A, B, there + i * super_size + super_size / 2, fpage(here + i % 2 * (super_size / 2), 21));
    l4_task_give(200, A.id);
    Actor& large = D;
    large.create_below(A, 200);
    settle();
    for (Word i = 0; i < 16; ++i)
        pass(A, large, there + i * super_size + super_size / 2, fpage(here + i % 2 * (super_size / 2), 21));
    E.begin([] {
        ipc(sleep_for(300));
        call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, eip()));
        log(landed.count == 1 ? 'E' : 'x');
    });
    A.begin_call(L4_VEC_TASK_NEW, task_new(200, A.id.low));
    settle(500000);
    LOG("E");
    EQ(landed.count, 2);
    EQ(landed.r.esi, l4_threadid(200, 0).low);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(200, 0))).eax, L4_SCHED_ERROR);
}

ROW(ex_regs_ready_thread_keeps_place) {
    prepare(3);
    // E is above them; its order comes when A, B, C are ready in this order.
    E.set_prio(actor_prio + 1);
    A.begin([] { log('x'); });
    B.begin([] { log(landed.count == 1 ? 'B' : 'x'); });
    C.begin([] { log('C'); });
    E.begin_call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, eip()));
    settle();
    LOG("BC");
}

ROW(ex_regs_present_list) {
    cast(1);
    Actor* const threads[] = {&B, &C, &D};
    static Actor senders[4];
    constexpr Word order[] = {3, 1, 2};
    for (int i = 0; i < 3; ++i) threads[i]->create_thread(A, order[i]);
    for (Word i = 0; i < 4; ++i) senders[i].create(first_task + 10 + i);
    settle();
    senders[0].begin([] {
        ipc(send(A.id));
        log('0');
    });
    senders[1].begin([] {
        ipc(send(C.id));
        log('1');
    });
    senders[2].begin([] {
        ipc(send(D.id));
        log('2');
    });
    senders[3].begin([] {
        ipc(send(B.id));
        log('3');
    });
    settle();
    l4_task_kill(A.task, root_id);
    settle();
    LOG("0312");
}

} // namespace
} // namespace conformance
