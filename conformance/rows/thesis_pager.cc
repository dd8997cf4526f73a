// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thesis.toml: page faults with state, lists of flexpages, time limits
#include "conformance/harness/handler.h"
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"

namespace conformance {
namespace {

void write_nowhere() {
    asm volatile("movl %%eax, (%%edi)"
                 :
                 : "a"(0xa1), "b"(0xb1), "c"(0xc1), "d"(0xd1), "S"(0x51), "D"(nowhere + 8)
                 : "memory");
    log('A');
}

ROW(pf_with_state) {
    cast(1);
    handle(A, L4_UTCB_PF_STATE);
    A.begin(write_nowhere);
    const Regs r = next_message(A);
    EQ(r.edx, (nowhere + 8) | L4_PF_WRITE);
    l4_utcb_state_t& s = trapped();
    EQ(r.ebx, s.eip);
    EQ(s.trapno, L4_TRAP_PAGE_FAULT);
    EQ(s.pfa, nowhere + 8);
    EQ(s.err & 7, 6);
    EQ(s.eax, 0xa1);
    EQ(s.ebx, 0xb1);
    EQ(s.esi, 0x51);
    s.eax = 0x99;
    EQ(answer(A, whole_state, nowhere, fpage(page(0)), map_bit), L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(*words(page(0) + 8), 0x99);
}

ROW(pf_without_state) {
    cast(1);
    handle(A);
    A.begin(write_nowhere);
    for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) (&trapped().gs)[i] = 0xeeee;
    EQ(next_message(A).edx, (nowhere + 8) | L4_PF_WRITE);
    for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) EQ((&trapped().gs)[i], 0xeeee);
    EQ(answer(A, whole_state, nowhere, fpage(page(0)), map_bit), L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(*words(page(0) + 8), 0xa1);
    LOG("A");
}

ROW(pf_answer_map_and_state) {
    cast(1);
    handle(A, L4_UTCB_PF_STATE);
    A.begin(write_nowhere);
    EQ(next_message(A).edx, (nowhere + 8) | L4_PF_WRITE);
    trapped().edi = nowhere + page_size;
    EQ(answer(A, whole_state), L4_IPC_OK);
    EQ(next_message(A).edx, (nowhere + page_size) | L4_PF_WRITE);
    trapped().edi = nowhere + 12;
    trapped().eax = 0x98;
    EQ(answer(A, whole_state, nowhere, fpage(page(0)), map_bit), L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(*words(page(0) + 12), 0x98);
}

/// Pair i of the list behind k state words: page i + 1, at page i + 1 of `nowhere`.
void set_list(Word k, Word pairs) {
    Word* const list = &trapped().gs + k;
    for (Word i = 0; i < pairs; ++i) {
        list[2 * i] = nowhere + (i + 1) * page_size;
        list[2 * i + 1] = fpage(page(i + 1));
    }
}
/// Which of pages 0 to 8 A has, as bits.
Word has() {
    static Word bits;
    bits = 0;
    A.set_pager(pager_id);
    for (Word i = 0; i < 10; ++i) bits |= A.can_read(nowhere + i * page_size) ? 1u << i : 0u;
    return bits;
}
Word answer_with_list(Word snd_size, Word count) {
    l4_my_utcb()->map_count = count;
    const Word result = answer(A, snd_size, nowhere, fpage(page(0)), map_bit);
    static_cast<void>(A.end());
    return result;
}

ROW(map_list_in_utcb) {
    cast(1);
    handle(A);
    A.begin(write_nowhere);
    EQ(next_message(A).edx, (nowhere + 8) | L4_PF_WRITE);
    set_list(2, 7);
    EQ(answer_with_list(2, 7), L4_IPC_OK);
    EQ(has(), 0xff);
}

ROW(map_list_ends) {
    for (int n = 0; n < 3; ++n) {
        A.create(first_task);
        settle();
        handle(A);
        A.begin(write_nowhere);
        EQ(next_message(A).edx, (nowhere + 8) | L4_PF_WRITE);
        set_list(n == 2 ? 14 : 0, n == 2 ? 1 : 8);
        if (n == 0) (&trapped().gs)[2 * 3 + 1] = 0;
        EQ(answer_with_list(n == 2 ? 14 : 0, n == 0 ? 8 : 1000), L4_IPC_OK);
        // Up to the pair without a flexpage; eight; one.
        EQ(has(), n == 0 ? 0xf : n == 1 ? 0x1ff : 3);
    }
}

void set_limit(std::uint64_t us) {
    l4_utcb_t* const utcb = l4_my_utcb();
    utcb->time_limit[0] = static_cast<Word>(us);
    utcb->time_limit[1] = static_cast<Word>(us >> 32);
}
constexpr std::uint64_t no_limit = ~0ull;

volatile bool stop;
void spin_until_stopped() {
    while (!stop) {
    }
    log('A');
}

/// A traps; the answer, with this limit, sends it to `body` on another stack.
void start_with_limit(Body body, std::uint64_t limit) {
    handle(A, L4_UTCB_TIME_LIMIT);
    stop = false;
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    trapped().eip = address(body);
    trapped().esp = other_stack();
    set_limit(limit);
    EQ(answer(A, whole_state), L4_IPC_OK);
}

ROW(time_fault) {
    cast(1);
    const std::uint64_t limit = now() + 5000;
    start_with_limit(spin_until_stopped, limit);
    take_exception(A, L4_TRAP_TIME);
    const std::uint64_t came = now();
    YES(came >= limit && came < limit + 200);
    EQ(trapped().err, 0);
    YES(trapped().eip >= 0x1000000 && trapped().eip < 0x1400000);
}

void sleeps_then_spins() {
    ipc(sleep_for(10000));
    spin_until_stopped();
}

ROW(time_fault_not_in_kernel) {
    cast(1);
    const std::uint64_t begun = now();
    start_with_limit(sleeps_then_spins, begun + 3000);
    EQ(next_message(A, 6000).eax, L4_IPC_RETIMEOUT);
    take_exception(A, L4_TRAP_TIME);
    YES(now() - begun >= 10000 && now() - begun < 11000);
    EQ(trapped().eax, L4_IPC_RETIMEOUT);
}

ROW(time_fault_once) {
    cast(1);
    start_with_limit(spin_until_stopped, now() + 2000);
    take_exception(A, L4_TRAP_TIME);
    set_limit(now() - 100);
    EQ(answer(A, 0), L4_IPC_OK);
    const std::uint64_t answered = now();
    take_exception(A, L4_TRAP_TIME);
    YES(now() - answered < 200);
    l4_my_utcb()->status = L4_UTCB_EXCEPTIONS;
    EQ(answer(A, 0), L4_IPC_OK);
    expect_silence(A);
    stop = true;
    settle();
    LOG("A");
}

ROW(time_limit_kept) {
    cast(1);
    std::uint64_t limit = now() + 5000;
    start_with_limit(trap_with_registers, limit);
    take_exception(A, L4_TRAP_INVALID_OP);
    l4_my_utcb()->status = L4_UTCB_EXCEPTIONS;
    set_limit(no_limit);
    trapped().eip = address(spin_until_stopped);
    EQ(answer(A, whole_state), L4_IPC_OK);
    take_exception(A, L4_TRAP_TIME);
    YES(now() >= limit && now() < limit + 200);
    A.restart();
    start_with_limit(trap_with_registers, now() + 2000);
    take_exception(A, L4_TRAP_INVALID_OP);
    set_limit(no_limit);
    trapped().eip = address(spin_until_stopped);
    EQ(answer(A, whole_state), L4_IPC_OK);
    expect_silence(A);
    stop = true;
}

ROW(time_limit_not_of_transfer_fault) {
    cast(2);
    static Message<2> good, missing;
    static char text[16];
    good = letter(address(text), 16);
    missing = letter(nowhere, 16);
    static bool receiver_faults;
    Actor* const sides[] = {&A, &B};
    for (Actor* const side : sides) {
        receiver_faults = side == &B;
        handle(*side, L4_UTCB_TIME_LIMIT);
        B.begin([] {
            ipc(receive(A.id, never, receiver_faults ? missing.rcv() : good.rcv()));
            spin(4000);
        });
        settle();
        A.begin([] {
            ipc(send(B.id, 1, 2, never, receiver_faults ? good.snd() : missing.snd()));
            spin(4000);
        });
        EQ(next_message(*side).ebx, L4_PF_EIP_NONE);
        set_limit(now() + 1000);
        EQ(answer(*side, 0, nowhere, fpage(page(0)), map_bit), L4_IPC_OK);
        EQ(next_message(*side, 20000).eax, L4_IPC_RETIMEOUT);
        NO(A.busy());
        NO(B.busy());
    }
}

} // namespace
} // namespace conformance
