// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_abort.toml
#include "conformance/harness/memory.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {
namespace {

constexpr Word patience = after(200000);
constexpr Word fault_exponent = 9, fault_us = 4096;
char text[64];
Message<2> good, missing;
Word pf_timeouts = 0;

/// A sends `snd` to B, who receives with `rcv`; both go on while the row looks at what happens.
void transfer(const Message<2>& snd, const Message<2>& rcv, Word more = 0) {
    B.begin(receive(A.id, patience | more, rcv.rcv()));
    settle();
    A.begin(send(B.id, 1, 2, patience | more, snd.snd()));
    settle();
}

/// Two actors, a message that works, and one whose string is not there.
void prepare() {
    cast(2);
    good = letter(address(text), 16);
    missing = letter(nowhere + 8, 16);
}

/// The fault message of `from` at the director, who is its pager.
void expect_fault(const Actor& from, Word w0) {
    const Regs m = ipc(receive(from.id, after(50000)));
    EQ(m.eax, two_words);
    EQ(m.edx, w0);
    EQ(m.ebx, L4_PF_EIP_NONE);
}

void answer(const Actor& to, Word options = writable) {
    EQ(ipc(send_map(to.id, nowhere, fpage(page(0), page_log2, options), zero)).eax, L4_IPC_OK);
}

void expect_end(Word sender, Word receiver) {
    EQ(A.end().eax, sender);
    EQ(B.end().eax, receiver);
}

ROW(ipc_fault_in_sender) {
    prepare();
    A.set_pager(root_id);
    fill(page(0) + 8, 16);
    transfer(missing, good);
    expect_fault(A, nowhere + 8);
    answer(A);
    expect_end(L4_IPC_OK, 0x4100);
    YES(filled(address(text), 16));
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(nowhere), L4_FP_FLUSH | L4_FP_ALL_SPACES));
    *at<Message<2>>(page(0)) = letter(address(text), 7);
    transfer(*at<Message<2>>(nowhere), good);
    // Which of the buffer's words is read first, nobody says.
    const Regs m = ipc(receive(A.id, after(50000)));
    EQ(m.edx & ~0xffcu, nowhere);
    EQ(m.ebx, L4_PF_EIP_NONE);
    answer(A);
    expect_end(L4_IPC_OK, 0x4100);
    EQ(good.strings[0].snd_size, 7);
}

ROW(ipc_fault_in_receiver) {
    prepare();
    B.set_pager(root_id);
    fill(address(text), 16);
    transfer(good, missing);
    expect_fault(B, (nowhere + 8) | L4_PF_WRITE);
    answer(B, 0);
    expect_fault(B, (nowhere + 8) | L4_PF_WRITE | L4_PF_PRESENT);
    answer(B);
    expect_end(L4_IPC_OK, 0x4100);
    YES(filled(page(0) + 8, 16));
}

ROW(ipc_fault_answer_without_page) {
    prepare();
    B.set_pager(root_id);
    transfer(good, missing);
    for (int i = 0; i < 3; ++i) {
        expect_fault(B, (nowhere + 8) | L4_PF_WRITE);
        EQ(ipc(send(B.id, 7, 7, zero)).eax, L4_IPC_OK);
    }
    expect_fault(B, (nowhere + 8) | L4_PF_WRITE);
    answer(B);
    expect_end(L4_IPC_OK, 0x4100);
}

ROW(ipc_fault_in_sigma0) {
    prepare();
    using memory::unread;
    B.begin(receive(sigma0_id, patience, good.rcv()));
    settle();
    missing = letter(unread, 16);
    EQ(as_sigma0([] { return ipc(send(B.id, 1, 2, after(100000), missing.snd())).eax; }), L4_IPC_OK);
    EQ(B.end().eax, 0x4100);
    missing = letter(unread + super_size, 16);
    fill(address(text), 16);
    // A runs when sigma0 waits for it alone.
    A.begin(send(sigma0_id, 1, 2, patience, good.snd()));
    EQ(as_sigma0([] { return ipc(receive(A.id, after(100000), missing.rcv())).eax; }), 0x4100);
    EQ(A.end().eax, L4_IPC_OK);
    YES(as_sigma0([] { return filled(unread + super_size, 16) ? 1u : 0u; }) == 1);
    NO(A.fault.seen);
    NO(B.fault.seen);
}

ROW(ipc_fault_in_sender_zero) {
    prepare();
    transfer(missing, good, l4_timeout_pf(0, L4_TIMEOUT_PF_ZERO));
    expect_end(L4_IPC_SERCVPFTO, L4_IPC_RERCVPFTO);
    NO(A.fault.seen);
}

ROW(ipc_fault_in_receiver_zero) {
    prepare();
    transfer(good, missing, l4_timeout_pf(L4_TIMEOUT_PF_ZERO, 0));
    expect_end(L4_IPC_SESNDPFTO, L4_IPC_RESNDPFTO);
    NO(B.fault.seen);
}

/// `faulting` is A or B; the director takes the fault's message, or does not.
void time_out(Actor& faulting, Word sender, Word receiver, bool taken) {
    static std::uint64_t begun, over;
    B.begin(receive(A.id, patience | pf_timeouts, &faulting == &B ? missing.rcv() : good.rcv()));
    settle();
    A.begin([] {
        begun = now();
        const Word snd = B.fault.seen ? good.snd() : missing.snd();
        log(static_cast<char>('A' + (error(ipc(send(B.id, 1, 2, patience | pf_timeouts, snd))) >> 4)));
        over = now();
    });
    B.fault.seen = &faulting == &B;
    settle(500);
    if (taken) EQ(ipc(receive(faulting.id, zero)).eax, two_words);
    settle(2500);
    YES(A.busy());
    EQ(B.end().eax, receiver);
    A.run([] {});
    const char letters[2] = {static_cast<char>('A' + (sender >> 4)), 0};
    LOG(letters);
    YES(over - begun >= fault_us && over - begun < fault_us + 300);
    EQ(ipc(receive(faulting.id, zero)).eax, L4_IPC_RETIMEOUT);
}

ROW(ipc_fault_in_sender_timeout) {
    prepare();
    A.set_pager(root_id);
    pf_timeouts = l4_timeout_pf(0, fault_exponent);
    time_out(A, L4_IPC_SERCVPFTO, L4_IPC_RERCVPFTO, true);
    time_out(A, L4_IPC_SERCVPFTO, L4_IPC_RERCVPFTO, false);
}

ROW(ipc_fault_in_receiver_timeout) {
    prepare();
    B.set_pager(root_id);
    pf_timeouts = l4_timeout_pf(fault_exponent, 0);
    time_out(B, L4_IPC_SESNDPFTO, L4_IPC_RESNDPFTO, true);
    time_out(B, L4_IPC_SESNDPFTO, L4_IPC_RESNDPFTO, false);
}

ROW(ipc_fault_not_handled) {
    prepare();
    C.create(first_task + 2);
    C.begin(die);
    settle();
    Actor* const sides[] = {&A, &B};
    for (Actor* const side : sides) {
        const auto fails = [&] {
            transfer(side == &A ? missing : good, side == &A ? good : missing);
            if (!A.busy()) return;
            EQ(ipc(receive(side->id, after(50000))).eax, two_words);
            EQ(ipc(send(side->id, L4_PF_REFUSED, 0, zero)).eax, L4_IPC_OK);
        };
        side->set_pager(root_id);
        fails();
        expect_end(L4_IPC_SEABORTED, L4_IPC_REABORTED);
        side->set_pager(C.id);
        fails();
        expect_end(L4_IPC_SEABORTED, L4_IPC_REABORTED);
        // nil, or an id that existed: ex_regs takes no other.
        side->set_pager(nil);
        fails();
        expect_end(L4_IPC_SEABORTED, L4_IPC_REABORTED);
    }
    D.create(first_task + 3);
    settle();
    A.set_pager(D.id);
    l4_task_kill(D.task, root_id);
    transfer(missing, good);
    expect_end(L4_IPC_SEABORTED, L4_IPC_REABORTED);
}

ROW(ipc_abort_words_stay) {
    prepare();
    const Word there = 0x50000000;
    for (Word i = 0; i < 3; ++i) {
        clear(page(3 + i), page_size);
        give(B, there + i * page_size, page(3 + i));
        fill(page(i), page_size, i);
        if (i < 2) give(A, there + i * page_size, page(i));
    }
    good = missing = letter(there, 3 * page_size);
    transfer(good, missing, pf_zero);
    expect_end(L4_IPC_SERCVPFTO, L4_IPC_RERCVPFTO);
    YES(filled(page(3), page_size, 0));
    YES(filled(page(4), page_size, 1));
    YES(all_bytes(page(5), page_size, 0xee));
}

/// The transfer waits for a fault; a thread of `victim`'s task gives it a new EIP while D is ready.
void abort_by_ex_regs(Actor& victim) {
    prepare();
    D.create(first_task + 3);
    E.create_thread(victim, 1);
    settle();
    B.begin([] { log(error(ipc(receive(A.id, patience, missing.rcv()))) == L4_IPC_REABORTED ? 'B' : 'x'); });
    settle();
    A.begin([] { log(error(ipc(send(B.id, 1, 2, patience, good.snd()))) == L4_IPC_SEABORTED ? 'A' : 'x'); });
    settle();
    E.begin_call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    D.begin([] { log(landed.count == 0 ? 'D' : 'x'); });
    settle();
}

ROW(ipc_abort_by_ex_regs_on_sender) {
    abort_by_ex_regs(A);
    LOG("DB");
    EQ(landed.r.eax, L4_IPC_SEABORTED);
}

ROW(ipc_abort_by_ex_regs_on_receiver) {
    abort_by_ex_regs(B);
    LOG("DA");
    EQ(landed.r.eax, L4_IPC_REABORTED);
}

ROW(ipc_abort_by_deletion) {
    prepare();
    transfer(good, missing);
    YES(B.fault.seen);
    l4_task_kill(A.task, root_id);
    EQ(B.end().eax, L4_IPC_REABORTED);
    A.create(A.task);
    settle();
    transfer(good, missing);
    l4_task_kill(B.task, root_id);
    EQ(A.end().eax, L4_IPC_SEABORTED);
}

ROW(ipc_abort_withdraws_the_fault) {
    prepare();
    E.create_thread(A, 1);
    F.create_in_root(2);
    B.set_pager(F.id);
    for (const bool taken : {false, true}) {
        transfer(good, missing);
        if (taken) EQ(F.ipc(receive(B.id, zero)).eax, two_words);
        E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
        settle();
        EQ(B.end().eax, L4_IPC_REABORTED);
        if (taken)
            EQ(F.ipc(send_map(B.id, nowhere, fpage(page(0)), zero)).eax, L4_IPC_SETIMEOUT);
        else
            EQ(F.ipc(receive(B.id, zero)).eax, L4_IPC_RETIMEOUT);
        A.restart_by(E);
    }
}

ROW(ipc_abort_not_by_no_cancel) {
    prepare();
    E.create_thread(A, 1);
    B.set_pager(root_id);
    transfer(good, missing);
    EQ(ipc(receive(B.id, zero)).eax, two_words);
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(L4_EX_REGS_NO_CANCEL, address(landing)));
    EQ(landed.count, 0);
    answer(B);
    settle();
    EQ(B.end().eax, 0x4100);
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_IPC_OK);
}

} // namespace
} // namespace conformance
