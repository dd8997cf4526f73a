// SPDX-License-Identifier: BSD-2-Clause
// Some thousand threads sleep, each until a little after the one before it, so that to arm and to disarm one
// timeout more takes as long as it can; and others do in one entry what changes several.  What is measured
// meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).  It sleeps for hours: QEMU is to
// skip time when nobody runs (-icount sleep=off).
#include <initializer_list>

#include "crowd.h"
#include "l4/abi/kip.h"
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word trigger = 1, first_link = 2, links = 6, receivers = 20, senders = 28, pairs = 8,
               own_pager = 50, crowd_pager = 126, unmapped = 0x50000000;
/// An hour to send and to receive, and three: less than the crowd's, so that these are first in the queue.
constexpr Word both_ways = (3u | 250u << 24) | (3u << 4 | 200u << 16), fault_while = 3u << 12,
               hours = 2u | 200u << 24;

alignas(64) Word small_message[16];

/// A pager that gets each fault with all state, and gives nothing.
void get_faults() {
    want_state();
    for (;;) wait();
}

void receive_nowhere() {
    for (;;) call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = unmapped | 1u});
}

void send_there() {
    const l4_threadid_t to = thread(own_number() - pairs);
    for (;;) {
        call<L4_VEC_IPC>({.eax = reinterpret_cast<Word>(small_message),
                          .ecx = fault_while,
                          .ebp = L4_IPC_NO_RECV,
                          .esi = to.low,
                          .edi = to.high});
        sleep(never);
    }
}

/// Each sends to the one before it, the first to the main thread, and then receives.
void be_a_link() {
    want_state();
    const Word own = own_number();
    ipc(0, L4_RCV_OPEN, thread(own == first_link ? 0 : own - 1), 1, 2, both_ways);
    sleep(never);
}

void fault() {
    *reinterpret_cast<volatile Word*>(unmapped) = 1;
    sleep(never);
}

void raise() {
    // hlt behind fourteen prefixes.
    asm volatile(".byte 0x2e,0x66,0x2e,0x66,0x2e,0x66,0x2e,0x66,0x2e,0x66,0x2e,0x66,0x2e,0x66,0xf4");
    sleep(never);
}

void send() {
    ipc(0, L4_RCV_OPEN, thread(first_link + 1), 0, 0, both_ways);
    sleep(never);
}

/// The queue of links is taken by whoever receives one of them: then what `body` does finds that its
/// partner's receive phase is due.
bool take_links(Body body) {
    for (Word link = first_link + links; link-- > first_link;) start(link, be_a_link);
    start(trigger, body, thread(first_link + 1));
    const Message m = wait(both_ways);
    sleep(hours);
    return l4_msgdope_error(m.result) == 0;
}

Word tasks_for_memory() {
    constexpr Word much = 512u << 20;
    const bool has_much = reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS)->total_ram > much;
    return has_much ? crowd::most_tasks : crowd::tasks;
}

} // namespace

extern "C" void program() {
    Tap tap;
    want_state();
    touch_stacks();
    small_message[1] = small_message[2] = l4_msgdope(8, 0);
    start(own_pager, get_faults);
    start(crowd_pager, crowd::be_pager);
    for (Word i = 0; i < pairs; ++i) start(receivers + i, receive_nowhere, thread(own_pager));
    sleep(receive_within(1600));
    for (Word i = 0; i < pairs; ++i) start(senders + i, send_there);
    sleep(receive_within(1600));
    const Word tasks = tasks_for_memory();
    tap.check(crowd::make(thread(crowd_pager), sleep_long, tasks) >= crowd::enough(tasks),
              "thousands of threads sleep");
    for (const Body body : {fault, raise, send}) tap.check(take_links(body), "a queue of senders is taken");
    Word all = 0;
    for (Word i = 0; i < pairs; ++i)
        all += ex_regs(receivers + i, 0, 0, thread(own_pager)).eax != L4_EX_REGS_ERROR;
    tap.check(all == pairs, "messages are cancelled whose receivers wait for memory");
    tap.done();
}
