// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_receive.toml
#include "conformance/harness/crowd.h"
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Id nobody = l4_threadid(1500, 0);

/// A queues up at `to` with its task number as word 0.
void queue(Actor& from, Actor& to) {
    from.begin(send(to.id, from.task, 77));
    settle();
}

void expect_from(Regs r, const Actor& from) {
    EQ(r.eax, two_words);
    EQ(r.edx, from.task);
    EQ(r.esi, from.id.low);
    EQ(r.edi, from.id.high);
}

ROW(ipc_receive_register_message) {
    cast(2);
    A.begin(receive_open());
    settle();
    B.ipc(send(A.id, B.task, 0x12345678));
    const Regs r = A.end();
    expect_from(r, B);
    EQ(r.ebx, 0x12345678);
}

ROW(ipc_receive_open_takes_queue_head) {
    cast(3);
    queue(B, A);
    queue(C, A);
    expect_from(A.ipc(receive_open(zero)), B);
    NO(B.busy());
    YES(C.busy());
}

ROW(ipc_receive_closed_skips_others) {
    cast(3);
    queue(B, A);
    queue(C, A);
    expect_from(A.ipc(receive(C.id, zero)), C);
    YES(B.busy());
    expect_from(A.ipc(receive_open(zero)), B);
}

ROW(ipc_receive_closed_ignores_others) {
    cast(3);
    A.begin(receive(B.id));
    settle();
    queue(C, A);
    YES(A.busy());
    B.ipc(send(A.id, B.task));
    expect_from(A.end(), B);
    YES(C.busy());
    expect_from(A.ipc(receive_open()), C);
}

ROW(ipc_receive_zero) {
    cast(3);
    EQ(A.ipc(receive_open(zero)).eax, L4_IPC_RETIMEOUT);
    queue(C, A);
    EQ(A.ipc(receive(B.id, zero)).eax, L4_IPC_RETIMEOUT);
    YES(C.busy());
    expect_from(A.ipc(receive_open(zero)), C);
}

ROW(ipc_receive_timeout) {
    cast(3);
    static std::uint64_t begun, over;
    static Regs wait;
    for (const bool open : {true, false}) {
        if (!open) queue(C, A);
        wait = open ? receive_open(rcv_after(5000)) : receive(B.id, rcv_after(5000));
        A.begin([] {
            begun = now();
            EQ(ipc(wait).eax, L4_IPC_RETIMEOUT);
            over = now();
        });
        settle(4500);
        YES(A.busy());
        A.end();
        YES(over - begun >= 5000 && over - begun < 5200);
    }
    YES(C.busy());
    expect_from(A.ipc(receive_open(zero)), C);
}

ROW(ipc_receive_invalid_partner) {
    cast(1);
    EQ(A.ipc(receive(invalid)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(A.ipc(receive(invalid, zero)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_receive_no_such_partner) {
    cast(2);
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(3));
    B.begin(die);
    settle();
    for (const Id id : {nobody, l4_threadid(A.task, 3), B.id})
        for (const Word timeouts : {never, zero, after(1000)})
            EQ(A.ipc(receive(id, timeouts)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(ipc_receive_open_ignores_partner) {
    cast(2);
    for (const Id id : {nil, invalid, nobody}) {
        A.begin(receive(id, never, L4_RCV_OPEN));
        settle();
        YES(A.busy());
        B.ipc(send(A.id, B.task));
        expect_from(A.end(), B);
    }
}

ROW(ipc_receive_self) {
    cast(1);
    EQ(A.ipc(receive(A.id, zero)).eax, L4_IPC_RETIMEOUT);
    A.begin(receive(A.id, rcv_after(3000)));
    settle(2000);
    YES(A.busy());
    EQ(A.end().eax, L4_IPC_RETIMEOUT);
}

void expect_kept(Regs given, Word code) {
    given.edx = 0x11223344;
    given.ebx = 0x55667788;
    const Regs r = A.ipc(given);
    EQ(error(r), code);
    EQ(r.edx, given.edx);
    EQ(r.ebx, given.ebx);
    EQ(r.esi, given.esi);
    EQ(r.edi, given.edi);
}

/// Cancels A's ipc by a thread of its task, which gives it `landing`.
void expect_kept_when_cancelled(Regs given, Word code) {
    A.begin(given);
    settle();
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    settle();
    EQ(landed.r.eax, code);
    EQ(landed.r.edx, given.edx);
    EQ(landed.r.ebx, given.ebx);
    EQ(landed.r.esi, given.esi);
    EQ(landed.r.edi, given.edi);
    A.restart_by(E);
}

Message<2> from_nowhere, to_nowhere, here;
char text[64];

/// B and A meet in a transfer that ends with a code for A, whose part is `given`.
void expect_kept_in_transfer(bool a_sends, const Message<2>& mine, const Message<2>& others, Word code,
                             Word pf) {
    const Word snd = a_sends ? address(&mine) : no_send, rcv = a_sends ? 0 : address(&mine);
    B.begin(a_sends ? receive(A.id, after(50000) | pf, address(&others))
                    : send(A.id, 0, 0, after(50000) | pf, address(&others)));
    settle();
    expect_kept(both(B.id, 0, 0, after(50000) | pf, snd, rcv), code);
    B.end();
}

ROW(ipc_receive_error_keeps_registers) {
    cast(3);
    E.create_thread(A, 1);
    expect_kept(receive(nobody), L4_IPC_ENOT_EXISTENT);
    expect_kept(both(nobody, 0, 0, never), L4_IPC_ENOT_EXISTENT);
    expect_kept(receive(B.id, zero), L4_IPC_RETIMEOUT);
    expect_kept(both(B.id, 0, 0, zero), L4_IPC_SETIMEOUT);
    C.begin(receive(A.id));
    settle();
    expect_kept(both(C.id, 0, 0, after(500)), L4_IPC_RETIMEOUT);
    expect_kept_when_cancelled(both(B.id, 5, 6, never), L4_IPC_SECANCELED);
    expect_kept_when_cancelled(receive(B.id), L4_IPC_RECANCELED);
    from_nowhere = to_nowhere = letter(nowhere, 16);
    here = letter(address(text), 16);
    expect_kept_in_transfer(true, here, to_nowhere, L4_IPC_SESNDPFTO, pf_zero);
    expect_kept_in_transfer(true, from_nowhere, here, L4_IPC_SERCVPFTO, pf_zero);
    expect_kept_in_transfer(false, to_nowhere, here, L4_IPC_RESNDPFTO, pf_zero);
    expect_kept_in_transfer(false, here, from_nowhere, L4_IPC_RERCVPFTO, pf_zero);
    A.set_pager(nil);
    expect_kept_in_transfer(true, from_nowhere, here, L4_IPC_SEABORTED, 0);
    expect_kept_in_transfer(false, to_nowhere, here, L4_IPC_REABORTED, 0);
}

ROW(ipc_receive_partner_deleted) {
    cast(2);
    A.begin(receive(B.id, rcv_after(5000)));
    settle();
    l4_task_kill(B.task, root_id);
    settle(2000);
    YES(A.busy());
    EQ(A.end().eax, L4_IPC_RETIMEOUT);
}

ROW(ipc_receive_partner_created_again) {
    cast(2);
    A.begin(receive(B.id));
    settle();
    l4_task_kill(B.task, root_id);
    B.create(B.task);
    B.ipc(send(A.id, B.task));
    expect_from(A.end(), B);
}

ROW(ipc_sleep) {
    cast(1);
    static std::uint64_t begun, over;
    A.begin([] {
        begun = now();
        EQ(ipc(receive(nil, rcv_after(7000))).eax, L4_IPC_RETIMEOUT);
        over = now();
    });
    A.end();
    YES(over - begun >= 7000 && over - begun < 7200);
}

ROW(ipc_sleep_is_not_disturbed) {
    cast(2);
    EQ(A.ipc(receive(l4_irq_id(serial_irq), zero)).eax, L4_IPC_RETIMEOUT);
    A.begin(sleep_for(10000));
    settle();
    queue(B, A);
    raise_serial_irq();
    settle(2000);
    YES(A.busy());
    EQ(A.end().eax, L4_IPC_RETIMEOUT);
    EQ(A.ipc(receive_open(zero)).esi, l4_irq_id(serial_irq).low);
    expect_from(A.ipc(receive_open(zero)), B);
}

/// Answers one message of whoever, with w0 + 1 and timeout zero.
void answer_once() {
    const Regs r = ipc(receive_open());
    EQ(ipc(send({r.esi, r.edi}, r.edx + 1, r.ebx, zero)).eax, L4_IPC_OK);
}

ROW(ipc_call) {
    cast(2);
    B.begin(answer_once);
    settle();
    const Regs r = A.ipc(both(B.id, 41, 5, never));
    EQ(r.eax, two_words);
    EQ(r.edx, 42);
    EQ(r.esi, B.id.low);
}

ROW(ipc_call_is_closed) {
    cast(3);
    B.begin(receive_open());
    settle();
    A.begin(both(B.id, 1, 2, never));
    settle();
    queue(C, A);
    YES(C.busy());
    YES(A.busy());
    EQ(B.ipc(send(A.id, B.task, 0, zero)).eax, L4_IPC_OK);
    expect_from(A.end(), B);
    YES(C.busy());
}

ROW(ipc_call_then_reply_with_timeout_zero) {
    cast(2);
    B.set_prio(actor_prio + 1);
    B.begin(answer_once);
    settle();
    EQ(A.ipc(both(B.id, 1, 2, never)).edx, 2);
    NO(B.busy());
}

ROW(ipc_call_reply_zero_from_queue) {
    cast(2);
    A.begin(both(B.id, 5, 6, never));
    settle();
    B.run(answer_once);
    EQ(A.end().edx, 6);
}

ROW(ipc_call_receive_timeout) {
    cast(2);
    static std::uint64_t taken, over;
    A.begin([] {
        EQ(ipc(both(B.id, 1, 2, rcv_after(5000))).eax, L4_IPC_RETIMEOUT);
        over = now();
    });
    settle(10000);
    YES(A.busy());
    B.run([] {
        ipc(receive_open());
        taken = now();
    });
    A.end();
    YES(over - taken >= 4900 && over - taken < 5200);
}

ROW(ipc_reply_and_wait) {
    cast(3);
    C.begin(both(A.id, 1, 2, never));
    settle();
    EQ(A.ipc(receive_open()).edx, 1);
    queue(B, A);
    expect_from(A.ipc(both(C.id, 9, 9, L4_TIMEOUT_SND_ZERO, 0, L4_RCV_OPEN)), B);
    EQ(C.end().edx, 9);
}

ROW(ipc_reply_and_wait_client_gone) {
    cast(3);
    queue(B, A);
    EQ(A.ipc(both(C.id, 9, 9, L4_TIMEOUT_SND_ZERO, 0, L4_RCV_OPEN)).eax, L4_IPC_SETIMEOUT);
    YES(B.busy());
    expect_from(A.ipc(receive_open(zero)), B);
}

ROW(ipc_chain_open) {
    constexpr Word count = 1000;
    static Word got[count + 1];
    crowd::start(count + 1, [](Word i) {
        if (i == count) ipc(sleep_for(200000));
        const Regs r = ipc(i == count ? receive_open() : both(crowd::id(i + 1), i, 0, never, 0, L4_RCV_OPEN));
        got[i] = r.eax == two_words ? r.edx : ~0u;
    });
    settle(20000);
    for (const Word i : {0u, 1u, count - 1}) EQ(crowd::state(i), L4_STATE_PENDING_SEND);
    settle(300000);
    for (Word i = 1; i <= count; ++i) EQ(got[i], i - 1);
    EQ(crowd::state(0), L4_STATE_WAITING);
}

ROW(ipc_message_beats_late_timer) {
    cast(2);
    give_all_ports(B);
    static std::uint64_t begun;
    A.begin(receive_open(rcv_after(2000)));
    settle(100);
    B.begin([] {
        begun = now();
        asm volatile("cli");
        spin(4000);
        EQ(ipc(send(A.id, B.task, 0, zero)).eax, L4_IPC_OK);
        asm volatile("sti");
        YES(now() - begun >= 4000);
    });
    settle(10000);
    NO(B.busy());
    expect_from(A.end(), B);
}

} // namespace
} // namespace conformance
