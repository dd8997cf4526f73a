// SPDX-License-Identifier: BSD-2-Clause
// Random messages of words and a string, as long as goes at once, at any offset, whose receiver's string lies
// a little behind the sender's in the same memory; and threads that all wake at one moment amid some of them.
// What is measured meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include "random.h"
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

using Byte = unsigned char;

constexpr Word rounds = 600, at_once_most = 4224, pages = 4, page_size = 4096;
constexpr Word receiver = 2, first_sleeper = 20, sleepers = 8;
constexpr Word head_words = sizeof(l4_msg_head_t) / sizeof(Word) - L4_MSG_REGISTER_DWORDS;

alignas(page_size) Byte from[pages * page_size], to[pages * page_size], text[pages * page_size];
volatile Word buffer = 0, wakes = 0;

void receive() {
    want_state();
    for (;;) call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = buffer | 1u});
}

/// Until the clock's next multiple of 256 us, as all of them do.
void wake_together() {
    constexpr Word each_us = 15;
    for (Word clock = 0;; clock ^= L4_IPC_ABS_RCV_CLOCK) {
        ipc(L4_IPC_NO_SEND, 0, {0, L4_IPC_ABS_RCV | clock}, 0, 0, each_us);
        wakes = wakes + 1;
    }
}

/// The sleepers come before everybody else.
void start_sleepers() {
    constexpr Word prio = 200;
    for (Word i = 0; i < sleepers; ++i) {
        start(first_sleeper + i, wake_together);
        set_prio(first_sleeper + i, prio);
    }
}

/// So that the words end in another page than they begin in, or anywhere.
Word offset_of(Word words) {
    constexpr Word step = 16;
    if (below(2) != 0) return below(page_size / step) * step;
    return page_size - step * (1 + below(4 * words / step + 1)) % (page_size - step);
}

Word* message(Byte* in, Word words) {
    Word* const m = reinterpret_cast<Word*>(in + offset_of(words));
    m[1] = m[2] = l4_msgdope(words, 1);
    return m;
}

/// Did it come, and as if it had been copied byte by byte, from the first one on?
bool send_one() {
    const Word words = 8 + below(below(3) == 0 ? 1040 : 40);
    const Word size = at_once_most - 4 * (words - L4_MSG_REGISTER_DWORDS) - below(4) * below(16);
    const Word distance = 1 + below(below(2) != 0 ? 4 : 64);
    Word *const sent = message(from, words), *const received = message(to, words);
    Byte* const source = text + below(page_size);
    for (Word i = 0; i < distance; ++i) source[i] = static_cast<Byte>(below(256));
    Byte first[64];
    for (Word i = 0; i < distance; ++i) first[i] = source[i];
    auto* const gives = reinterpret_cast<l4_strdope_t*>(sent + head_words + words);
    auto* const takes = reinterpret_cast<l4_strdope_t*>(received + head_words + words);
    *gives = {.snd_size = size, .snd_addr = reinterpret_cast<Word>(source), .rcv_size = 0, .rcv_addr = 0};
    *takes = {.snd_size = 0,
              .snd_addr = 0,
              .rcv_size = at_once_most,
              .rcv_addr = reinterpret_cast<Word>(source + distance)};
    buffer = reinterpret_cast<Word>(received);
    start(receiver, receive);
    sleep(receive_within(64));
    const l4_threadid_t r = thread(receiver);
    const Regs x = call<L4_VEC_IPC>({.eax = reinterpret_cast<Word>(sent),
                                     .ecx = never,
                                     .ebp = L4_IPC_NO_RECV,
                                     .esi = r.low,
                                     .edi = r.high});
    bool same = x.eax == 0;
    for (Word i = 0; i < size; ++i) same &= source[distance + i] == first[i % distance];
    return same;
}

} // namespace

extern "C" void program() {
    Tap tap;
    want_state();
    touch_stacks();
    for (Word at = 0; at < pages * page_size; at += page_size) from[at] = to[at] = text[at] = 1;
    bool all = true;
    for (Word i = 0; i < rounds / 2; ++i) all &= send_one();
    tap.check(all, "strings come as if they were copied byte by byte");
    start_sleepers();
    for (Word i = 0; i < rounds; ++i) all &= send_one();
    tap.check(all && wakes > sleepers, "so they do while others wake");
    tap.done();
}
