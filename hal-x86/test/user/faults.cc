// SPDX-License-Identifier: BSD-2-Clause
// A long message copies as many words as a piece may, and then finds a page missing; the pager gets that with
// all state, has FPU registers, segments and ports, and waits with the only timeout.  What is measured
// meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include <initializer_list>

#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word page_size = 4096, pager = 1, sender = 2, taker_task = 5, words = 1060, pages = 4;
constexpr l4_threadid_t taker = l4_threadid(taker_task, 0);
/// Where the messages lie, where the room for them is for the root, and for the taker, who never has it.
constexpr Word source = 0x4100000, given = 0x4000000, room = 0x20000000;
constexpr Word hours = 1u | 250u << 24;

volatile Word room_at = 0, message_at = 0, fault_exponent = 0, faults = 0, came = 0, wrong = 0;

void touch(Word at) { *reinterpret_cast<volatile Word*>(at) = 0; }

void be_pager() {
    want_state();
    utcb().snd_size = 0;
    utcb().status = L4_UTCB_PF_STATE;
    asm volatile("cli"); // all ports
    Message m = wait(hours);
    for (;;) {
        asm volatile("fldz; fstp %st");
        const Word at = m.w0 & L4_FP_PAGE_MASK;
        if (l4_msgdope_error(m.result) != 0) {
            m = wait(hours);
        } else if (is_programs(at)) {
            *reinterpret_cast<volatile char*>(at) = *reinterpret_cast<volatile char*>(at);
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, at, at | page_4k | L4_FP_WRITE, hours | send_at_once);
        } else {
            faults = faults + 1;
            const Word page = given + at % (16 * page_size);
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, at, page | page_4k | L4_FP_WRITE, hours | send_at_once);
        }
    }
}

void take() {
    for (;;) {
        asm volatile("fldz; fstp %st");
        const Word result =
            call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = room_at | L4_RCV_OPEN}).eax;
        came = came + (result == l4_msgdope(words, 0));
    }
}

void send() {
    asm volatile("fldz; fstp %st");
    const Word limits = l4_timeout_pf(fault_exponent, fault_exponent);
    const Word error = l4_msgdope_error(ipc(message_at, L4_IPC_NO_RECV, taker, 0, 0, limits).result);
    wrong = wrong + (error != 0);
    call_ipc(main_thread, 0, 0);
    sleep(never);
}

void set_segments() {
    describe_segments();
    ex_regs(pager | L4_EX_REGS_TLS | L4_EX_REGS_NO_CANCEL, ~0u, ~0u, l4_invalid_id());
}

void set_head(Word at) {
    auto* const head = reinterpret_cast<volatile Word*>(at);
    head[0] = 0;
    for (const Word n : {1u, 2u}) head[n] = l4_msgdope(words, 0);
}

/// To another offset than it comes from, so that a page of the source ends amid one of the target.
void send_one(Word offset, Word ahead) {
    message_at = source + ((offset + ahead) & ~3u);
    room_at = room + offset;
    set_head(message_at);
    set_head(given + offset);
    task_new(taker, reinterpret_cast<Word>(take), child_stack_top(), thread(pager), 90);
    sleep(receive_within(320));
    start(sender, send);
    set_prio(sender, 80);
    wait();
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    child_stack[0] = 1;
    for (Word n = 0; n < pages; ++n) {
        touch(given + n * page_size);
        touch(source + n * page_size);
    }
    asm volatile("cli; sti"); // all ports
    set_prio(0, 200);
    start(pager, be_pager);
    set_prio(pager, 100);
    set_segments();
    Word sent = 0;
    for (const Word exponent : {0u, 3u, 11u})
        for (const Word ahead : {5u, 30u, 55u})
            for (Word offset = 1100; offset < 4000; offset += 12, ++sent) {
                fault_exponent = exponent;
                send_one(offset, ahead);
            }
    tap.equal(wrong, 0, "each message goes");
    tap.equal(came, sent, "and comes");
    tap.check(faults >= 2 * sent, "and finds two pages missing, or more");
    tap.done();
}
