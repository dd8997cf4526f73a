// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_send.toml
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {
namespace {

ROW(ipc_send_nil_partner) {
    cast(1);
    EQ(A.ipc(send(nil)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(send(nil, 0, 0, zero)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_send_invalid_partner) {
    cast(1);
    EQ(A.ipc(send(invalid)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(send(invalid, 0, 0, after(1000))).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_send_no_such_thread) {
    cast(2);
    l4_task_kill(B.task, root_id);
    EQ(A.ipc(send(l4_threadid(1500, 0))).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(send(B.id)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(send(l4_threadid(A.task, 5))).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_send_dead_thread) {
    cast(2);
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(3));
    EQ(A.ipc(send(l4_threadid(A.task, 3))).eax, L4_IPC_ENOT_EXISTENT);
    B.begin(die);
    settle();
    EQ(A.ipc(send(B.id)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_send_interrupt) {
    cast(1);
    EQ(A.ipc(send(l4_irq_id(3))).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(receive(l4_irq_id(3), zero)).eax, L4_IPC_RETIMEOUT);
    EQ(A.ipc(send(l4_irq_id(3))).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(send({255, 0})).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_send_error_ends_the_call) {
    cast(2);
    B.begin(send(A.id, 1, 2));
    settle();
    const Id nobody = l4_threadid(1500, 0);
    Regs r = A.ipc(both(nobody, 7, 8, zero));
    EQ(r.eax, L4_IPC_ENOT_EXISTENT);
    EQ(r.edx, 7);
    EQ(A.ipc(both(nobody, 7, 8, zero, 0, L4_RCV_OPEN)).eax, L4_IPC_ENOT_EXISTENT);
    YES(B.busy());
    EQ(A.ipc(receive_open(zero)).edx, 1);
}

ROW(ipc_send_to_waiting_thread) {
    cast(2);
    for (const Regs wait : {receive_open(), receive(A.id)}) {
        B.begin(wait);
        settle();
        EQ(A.ipc(send(B.id, 3, 4, zero)).eax, L4_IPC_OK);
        const Regs r = B.end();
        EQ(r.eax, two_words);
        EQ(r.edx, 3);
        EQ(r.ebx, 4);
        EQ(r.esi, A.id.low);
        EQ(r.edi, A.id.high);
    }
}

ROW(ipc_send_zero_not_waiting) {
    cast(3);
    static volatile bool stop;
    stop = false;
    B.begin([] {
        while (!stop) {
        }
    });
    settle(100);
    A.set_prio(actor_prio + 1);
    EQ(A.ipc(send(B.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
    stop = true;
    settle();
    NO(B.busy());
    B.begin(receive(C.id));
    settle();
    EQ(A.ipc(send(B.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
    YES(B.busy());
    EQ(C.ipc(send(B.id, 5)).eax, L4_IPC_OK);
    EQ(B.end().edx, 5);
    B.begin(sleep_for(5000));
    settle();
    EQ(A.ipc(send(B.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
    EQ(B.end().eax, L4_IPC_RETIMEOUT);
    EQ(B.ipc(receive_open(zero)).eax, L4_IPC_RETIMEOUT);
}

ROW(ipc_send_timeout) {
    cast(2);
    static std::uint64_t begun, over;
    A.begin([] {
        begun = now();
        EQ(ipc(send(B.id, 0, 0, snd_after(5000))).eax, L4_IPC_SETIMEOUT);
        over = now();
    });
    settle(4000);
    YES(A.busy());
    A.end();
    YES(over - begun >= 5000 && over - begun < 5200);
    EQ(B.ipc(receive_open(zero)).eax, L4_IPC_RETIMEOUT);
}

ROW(ipc_send_waits_for_receiver) {
    cast(2);
    for (const Regs wait : {receive_open(), receive(A.id)}) {
        A.begin(send(B.id, 8, 9));
        settle();
        YES(A.busy());
        const Regs r = B.ipc(wait);
        EQ(r.eax, two_words);
        EQ(r.edx, 8);
        EQ(r.ebx, 9);
        EQ(A.end().eax, L4_IPC_OK);
    }
}

ROW(ipc_send_queue_is_fifo) {
    cast(4);
    B.set_prio(actor_prio + 2);
    C.set_prio(actor_prio - 2);
    for (Actor* const a : {&A, &B, &C}) {
        a->begin(send(D.id, a->task));
        settle();
    }
    for (Actor* const a : {&A, &B, &C}) EQ(D.ipc(receive_open()).edx, a->task);
    for (Actor* const a : {&A, &B, &C}) EQ(a->end().eax, L4_IPC_OK);
}

ROW(ipc_send_self_zero) {
    cast(1);
    EQ(A.ipc(send(A.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
    EQ(A.ipc(both(A.id, 0, 0, zero, 0, L4_RCV_OPEN)).eax, L4_IPC_SETIMEOUT);
}

ROW(ipc_send_self_waits) {
    cast(1);
    B.create_thread(A, 1);
    A.begin(send(A.id, 1, 2));
    settle();
    EQ(A.query_state(), L4_STATE_PENDING_SEND);
    B.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_IPC_SECANCELED);
}

ROW(ipc_send_partner_deleted) {
    cast(3);
    A.begin([] {
        EQ(ipc(send(C.id)).eax, L4_IPC_ENOT_EXISTENT);
        log('A');
    });
    settle();
    B.begin([] {
        EQ(ipc(send(C.id)).eax, L4_IPC_ENOT_EXISTENT);
        log('B');
    });
    settle();
    l4_task_kill(C.task, root_id);
    settle();
    LOG("AB");
}

ROW(ipc_send_partner_killed_by_fault) {
    cast(2);
    C.create_thread(B, 1);
    B.set_pager(nil);
    B.begin([] {
        ipc(sleep_for(2000));
        *words(nowhere) = 1;
    });
    settle(500);
    A.begin(send(B.id, 6));
    settle(5000);
    EQ(B.query_state(), L4_STATE_DEAD);
    YES(A.busy());
    B.restart_by(C);
    EQ(B.ipc(receive_open(zero)).edx, 6);
    EQ(A.end().eax, L4_IPC_OK);
}

ROW(ipc_send_own_task) {
    cast(1);
    B.create_thread(A, 1);
    B.begin(receive_open());
    settle();
    EQ(A.ipc(send(B.id, 11, 12, zero)).eax, L4_IPC_OK);
    const Regs r = B.end();
    EQ(r.eax, two_words);
    EQ(r.ebx, 12);
    EQ(r.esi, A.id.low);
}

} // namespace
} // namespace conformance
