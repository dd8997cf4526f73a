// SPDX-License-Identifier: BSD-2-Clause
// A task is deleted amid its text of lines, and then the last thread that is ready waits, faults, or stops
// itself: each next line scrolls the screen when nobody is ready.  What is measured meanwhile is how long
// interrupts have to wait (bench/kernel_irqs_off.py).
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word worker = 5, partner = 8, pager = 9, rounds = 160, ways = 4, size = 4096, nowhere = 0x50000000;
alignas(size) char lines[size];
volatile Word way = 0, began = 0;

void print() {
    static_cast<void>(*const_cast<const volatile char*>(lines));
    report(0, 0);
    for (;;)
        asm volatile("int3; cmpb %2, %%al" ::"a"(lines), "b"(size / 2), "i"(L4_KD_OUTNSTRING)
                     : "cc", "memory");
}

/// With everything that makes the way out long.
void stop() {
    describe_segments();
    utcb().state = {};
    call<L4_VEC_LTHREAD_EX_REGS>(
        {.eax = own_number() | L4_EX_REGS_STATE_GET | L4_EX_REGS_STATE_SET | L4_EX_REGS_TLS | L4_EX_REGS_STOP,
         .ecx = ~0u,
         .edx = ~0u,
         .ebx = main_thread.low,
         .esi = thread(partner).low});
}

/// When the serial line is ready for another character.
void end_somehow() {
    want_state();
    began = began + 1;
    for (volatile Word n = 40000; n != 0;) n = n - 1;
    switch (way) {
        case 0: sleep(never); break;
        case 1: ipc(0, 0, thread(pager), 1, 2, never); break;
        case 2: *reinterpret_cast<volatile Word*>(nowhere) = 1; break;
        default: stop(); break;
    }
}

/// A pager that gets each fault with all state, and gives nothing.
void wait_for_all() {
    want_state();
    for (;;) sleep(never);
}

bool delete_amid_text(Word moment) {
    start_child(print);
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = l4_sched_param(10, 0, 0), .ebx = ~0u, .ebp = ~0u, .esi = child.low, .edi = child.high});
    const Message m = serve(wait());
    ipc(0, L4_IPC_NO_RECV, child, 0, 0, send_at_once);
    sleep(receive_within(32 + 16 * moment));
    kill_child();
    return m.from.low == child.low;
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    for (char& c : lines) c = '\n';
    set_prio(0, 250);
    start(pager, wait_for_all);
    start(partner, wait_for_all);
    sleep(receive_within(1600));
    bool good = true;
    for (Word n = 0; n < rounds; ++n) {
        way = n % ways;
        good &= delete_amid_text(n * 7 % 13);
        start(worker, end_somehow, thread(pager));
        set_prio(worker, 200);
        sleep(receive_within(3200));
        start(worker, wait_for_all);
        sleep(receive_within(800));
    }
    tap.check(good, "a task that prints is deleted, again and again");
    tap.equal(began, rounds, "and another thread goes on behind it");
    tap.done();
}
