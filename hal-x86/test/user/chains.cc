// SPDX-License-Identifier: BSD-2-Clause
// Short messages behind which the kernel takes others: each sender waits for the one before it, with its
// state, and the first enters by int or by sysenter, its stack at each place across two pages.  What is
// measured meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word partner = 100, first = 2, links = 6, first_sleeper = 20, sleepers = 7;
/// Some hours to receive, 4 ms to send.
constexpr Word hours = 1u | 250u << 24, both_ways = hours | (13u << 4 | 250u << 16);

alignas(4096) char two_pages[2 * 4096];
volatile Word taken = 0;

void be_link() {
    want_state();
    asm volatile("fldz; fstp %st");
    ipc(0, L4_RCV_OPEN, thread(own_number() - 1), 0, 0, both_ways);
    for (;;) sleep(never);
}

void receive() {
    want_state();
    for (;;) wait(hours);
}

/// To the partner; then it takes what waits.
template <Word entry>
void take_links() {
    want_state();
    asm volatile("fldz; fstp %st");
    sleep(receive_within(960));
    const l4_threadid_t to = thread(partner);
    const Regs r = {
        .eax = 0, .ecx = both_ways, .edx = 1, .ebx = 2, .ebp = L4_RCV_OPEN, .esi = to.low, .edi = to.high};
    const Word result = (entry != 0 ? call_at(entry, r) : call<L4_VEC_IPC>(r)).eax;
    taken = taken + (l4_msgdope_error(result) == 0);
    for (;;) sleep(never);
}

void sleep_for_hours() {
    for (;;) sleep(hours);
}

/// With the stack of the first at each word of the pages' boundary.
Word try_all(Body body) {
    constexpr Word most = 160;
    for (Word above = 0; above < most; above += sizeof(Word)) {
        for (Word link = links; link >= 1; --link) start(first + link, be_link);
        start(partner, receive);
        ex_regs(first, reinterpret_cast<Word>(body), reinterpret_cast<Word>(two_pages + 4096 + above),
                sigma0);
        for (int n = 0; n < 2; ++n) sleep(receive_within(4000));
    }
    return most / sizeof(Word);
}

} // namespace

extern "C" void program() {
    Tap tap;
    want_state();
    touch_stacks();
    two_pages[0] = two_pages[4096] = 1;
    Word tries = 0;
    for (int with_sleepers = 0; with_sleepers < 2; ++with_sleepers) {
        tries += try_all(take_links<0>);
        tries += try_all(take_links<L4_SYSCALL_PAGE>);
        for (Word n = 0; n < sleepers; ++n) start(first_sleeper + n, sleep_for_hours);
        sleep(receive_within(1600));
    }
    tap.equal(taken, tries, "each queue is taken behind a short message");
    tap.done();
}
