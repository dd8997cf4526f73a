// SPDX-License-Identifier: BSD-2-Clause
// Threads of one ordinary task that have the kernel do as much as they can in one piece.  What is measured
// meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, first = 2, pairs = 56, links = 60, partner = 100;
constexpr Word message_words = 300, unmapped = 0x50000000;
/// Hours; hours to receive and 4 ms to send; 1 ms for page faults.
constexpr Word a_while = 2u | 250u << 24, both_ways = (1u | 250u << 24) | (13u << 4 | 250u << 16),
               fault_while = 10u << 12;

alignas(4096) Word sent[1024], received[1024];
alignas(64) Word small_message[16];
volatile Word faults = 0, rounds = 0;

void stop(Word lthread) { ex_regs(lthread | L4_EX_REGS_STOP, ~0u, ~0u, {~0u, ~0u}); }

/// A pager that gets each fault with all state, and gives nothing.
void get_faults() {
    want_state();
    for (;;) wait(a_while);
}

/// Long messages into memory that its pager does not give.
void receive_nowhere() {
    for (;;) {
        asm volatile("fldz; fstp %st");
        call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = unmapped | 1u});
    }
}

void send_there() {
    const l4_threadid_t to = thread(own_number() - pairs);
    for (;;) {
        asm volatile("fldz; fstp %st");
        const Regs r = call<L4_VEC_IPC>({.eax = reinterpret_cast<Word>(small_message),
                                         .ecx = fault_while,
                                         .ebp = L4_IPC_NO_RECV,
                                         .esi = to.low,
                                         .edi = to.high});
        faults = faults + (l4_msgdope_error(r.eax) != 0);
    }
}

/// Each sends to the one before it and receives from the one behind it, with its state.
void be_a_link() {
    want_state();
    const l4_threadid_t to = thread(own_number() - 1);
    call<L4_VEC_IPC>({.eax = 0, .ecx = both_ways, .ebp = L4_RCV_OPEN, .esi = to.low, .edi = to.high});
    sleep(never);
}

/// Sends a long message; then the first link's is taken, which takes the next one's, and so on.
void take_links() {
    want_state();
    for (;;) {
        sleep(receive_within(960));
        ipc(reinterpret_cast<Word>(sent), L4_RCV_OPEN, thread(partner), 1, 2, both_ways);
        rounds = rounds + 1;
    }
}

void receive_long() {
    want_state();
    for (;;)
        call<L4_VEC_IPC>(
            {.eax = L4_IPC_NO_SEND, .ecx = 3u | 250u << 24, .ebp = reinterpret_cast<Word>(received) | 1u});
}

void start_faulting() {
    start(pager, get_faults, sigma0);
    sleep(receive_within(160));
    for (Word n = 0; n < pairs; ++n) start(first + n, receive_nowhere, thread(pager));
    sleep(receive_within(1600));
    for (Word n = 0; n < pairs; ++n) start(first + pairs + n, send_there, sigma0);
    for (int n = 0; n < 4; ++n) sleep(receive_within(4000));
}

void change_all(Word flags) {
    l4_utcb_t& u = utcb();
    u.tls[0] = 0xffff;
    u.tls[1] = 0x00cff300;
    for (Word n = 0; n < 2 * pairs; ++n) {
        asm volatile("fldz; fstp %st");
        const bool receives = n < pairs;
        start(first + n, receives ? receive_nowhere : send_there, receives ? thread(pager) : sigma0, flags);
    }
}

} // namespace

extern "C" void program() {
    constexpr Word state = L4_EX_REGS_STATE_GET | L4_EX_REGS_TLS,
                   fpu = L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET;
    Tap tap;
    touch_stacks();
    small_message[1] = small_message[2] = l4_msgdope(8, 0);
    for (Word& word : received) word = 0;
    sent[1] = sent[2] = received[1] = l4_msgdope(message_words, 0);
    const Word kinds[] = {0, fpu | L4_EX_REGS_FPU_RESET, fpu | state, fpu | state | L4_EX_REGS_STOP};
    for (const Word flags : kinds) {
        start_faulting();
        change_all(flags);
    }
    for (Word n = 0; n < 2 * pairs; ++n) stop(first + n);
    tap.check(faults != 0, "messages fail whose receivers get no memory");
    for (int n = 0; n < 10; ++n) {
        for (Word link = links; link >= 1; --link) start(first + link, be_a_link, sigma0);
        start(partner, receive_long, sigma0);
        start(first, take_links, sigma0);
        for (int m = 0; m < 2; ++m) sleep(receive_within(4000));
    }
    tap.check(rounds != 0, "a queue of senders is taken, one by one");
    tap.done();
}
