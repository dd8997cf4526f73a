// SPDX-License-Identifier: BSD-2-Clause
// Messages of as many words as are moved at once, and nothing else, from page to page; to a task with state,
// ports, segments, FPU registers and a timeout among some.  What is measured meanwhile is how long interrupts
// have to wait (bench/kernel_irqs_off.py).
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word page_size = 4096, pager = 1, first_sleeper = 20, sleepers = 13, taker_task = 5;
constexpr l4_threadid_t taker = l4_threadid(taker_task, 0);
constexpr Word hours = 1u | 250u << 24;
constexpr Word counts[] = {1054, 1056}; // the most, and what goes with no string
constexpr Word sent_at[] = {0, page_size / 2, page_size - 60, page_size - 24, page_size - 20, page_size - 16};
constexpr Word received_at[] = {0, page_size / 2 + 4, page_size - 64, page_size - 28, page_size - 16};

alignas(page_size) char sent[4 * page_size], received[4 * page_size];
volatile Word buffer = 0, came = 0;

void sleep_for_hours() {
    for (;;) sleep(1u | (200 + own_number() * 7 % 50) << 24);
}

/// Of memory and ports.
void be_pager() {
    Message m = wait();
    for (;;) {
        if ((m.w0 & L4_FP_IO_TAG_MASK) == L4_FP_IO_TAG) {
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, 0, L4_FP_IO_WHOLE, send_at_once);
        } else {
            const Word at = m.w0 & L4_FP_PAGE_MASK;
            auto* const byte = reinterpret_cast<volatile char*>(at);
            *byte = *byte;
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, at, at | page_4k | L4_FP_WRITE, send_at_once);
        }
        if (l4_msgdope_error(m.result) != 0) m = wait();
    }
}

void take() {
    want_state();
    for (Word at = 0; at < sizeof received; at += page_size) received[at] = 1;
    asm volatile("cli; sti"); // it has ports from here on
    for (;;) {
        asm volatile("fldz; fstp %st");
        const Word result =
            call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = hours, .ebp = buffer | L4_RCV_OPEN}).eax;
        came = came + (l4_msgdope_error(result) == 0);
    }
}

Word map_all_ports() {
    return call<L4_VEC_IPC>({.ecx = never,
                             .edx = L4_FP_IO_WHOLE,
                             .ebp = L4_FP_WHOLE_SPACE | L4_RCV_MAP,
                             .esi = sigma0.low,
                             .edi = sigma0.high})
        .eax;
}

/// The taker's thread's.
void set_segments() {
    describe_segments();
    ex_regs(l4_ex_regs_target(taker_task, 0) | L4_EX_REGS_TLS, ~0u, ~0u, l4_invalid_id());
}

Word send(const void* message) {
    asm volatile("fldz; fstp %st");
    return l4_msgdope_error(ipc(reinterpret_cast<Word>(message), L4_IPC_NO_RECV, taker, 0, 0, never).result);
}

/// The first takes the buffer that was there before.
Word errors_of(Word count, Word from, Word to) {
    auto* const message = reinterpret_cast<Word*>(sent + from);
    auto* const room = reinterpret_cast<Word*>(received + to);
    room[0] = room[2] = message[0] = 0;
    room[1] = message[1] = message[2] = l4_msgdope(count, 0);
    buffer = reinterpret_cast<Word>(room);
    Word errors = send(nullptr);
    for (Word n = 0; n < 4; ++n) errors += send(message);
    return errors;
}

} // namespace

extern "C" void program() {
    Tap tap;
    want_state();
    touch_stacks();
    for (Word at = 0; at < sizeof sent; at += page_size) sent[at] = received[at] = 1;
    child_stack[0] = 1;
    buffer = reinterpret_cast<Word>(received);
    tap.equal(l4_msgdope_error(map_all_ports()), 0, "the root has all ports");
    start(pager, be_pager);
    set_prio(pager, 230);
    for (Word n = 0; n < sleepers; ++n) start(first_sleeper + n, sleep_for_hours);
    task_new(taker, reinterpret_cast<Word>(take), child_stack_top(), thread(pager));
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = l4_sched_param(200, 0, 0), .ebx = ~0u, .ebp = ~0u, .esi = taker.low, .edi = taker.high});
    sleep(receive_within(4000));
    set_segments();
    Word errors = 0, messages = 0;
    for (const Word count : counts)
        for (const Word from : sent_at)
            for (const Word to : received_at) {
                errors += errors_of(count, from, to);
                messages += 5;
            }
    tap.equal(errors, 0, "all are sent");
    tap.equal(came, messages, "all come");
    tap.done();
}
