// SPDX-License-Identifier: BSD-2-Clause
// Random long messages of words and strings at any offset, with state; behind each a queue of senders, who
// have timeouts among some, then among many.  What is measured meanwhile is how long interrupts have to wait
// (bench/kernel_irqs_off.py).
#include "random.h"
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

using Byte = unsigned char;

constexpr Word rounds = 2000, page_size = 4096, receiver = 1, first_link = 2, links = 4, first_sleeper = 10,
               few_sleepers = 10, sleepers = 110;
constexpr Word head_size = sizeof(l4_msg_head_t) - L4_MSG_REGISTER_DWORDS * sizeof(Word), goes_on = 1u << 31;
constexpr Word hours = 2u | 200u << 24, both_ways = hours | (1u << 4 | 200u << 16);

alignas(page_size) Byte sent[5 * page_size], received[5 * page_size], from[4 * page_size], to[4 * page_size];
volatile Word buffer = 0, patience = never;

void receive() {
    want_state();
    for (;;) {
        asm volatile("fldz; fstp %st");
        call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = patience, .ebp = buffer | L4_RCV_OPEN});
    }
}

void be_link() {
    want_state();
    asm volatile("fldz; fstp %st");
    const Word own = own_number();
    ipc(0, L4_RCV_OPEN, thread(own == first_link ? 0 : own - 1), 1, 2, both_ways);
    for (;;) sleep(never);
}

/// Each until another time, all later than the links'.
void sleep_long() {
    for (;;) sleep(1u | (200 + own_number() * 7 % 50) << 24);
}

Word string_size() { return (below(3) != 0 ? below(40) : below(1200)) | (below(2) != 0 ? goes_on : 0); }
Word string_address(const Byte* in) {
    return reinterpret_cast<Word>(in) + (below(2) != 0 ? below(2 * page_size) : page_size - 6 + below(8));
}

/// Words that may end in another page than they begin in, or anywhere.
Word* message(Byte* in, Word words, Word strings, bool sends) {
    const Word offset = below(2) != 0 ? below(page_size / 4) * 4 : page_size - 4 * below(16);
    Word* const head = reinterpret_cast<Word*>(in + offset);
    head[0] = 0;
    head[1] = l4_msgdope(words, strings);
    head[2] = sends ? head[1] : 0;
    auto* const dopes = reinterpret_cast<l4_strdope_t*>(in + offset + head_size + 4 * words);
    for (Word i = 0; i < strings; ++i)
        dopes[i] = sends ? l4_strdope_t{string_size(), string_address(from), 0, 0}
                         : l4_strdope_t{0, 0, string_size(), string_address(to)};
    return head;
}

Word count_of_words() {
    switch (below(4)) {
        case 0: return below(1100);
        case 1: return 1020 + below(40); // what is moved at once, and more
        default: return below(60);
    }
}

/// Did it reach its receiver, whole or cut?
bool send_one() {
    const Word words = count_of_words(), strings = below(2) != 0 ? 6 : 1;
    Word* const m = message(sent, words, below(strings), true);
    buffer = reinterpret_cast<Word>(
        message(received, below(4) != 0 ? words : below(words + 1), below(strings), false));
    patience = below(2) != 0 ? never : hours;
    start(receiver, receive);
    for (Word link = links; link-- > 0;) start(first_link + link, be_link);
    sleep(receive_within(160));
    asm volatile("fldz; fstp %st");
    const Word error = l4_msgdope_error(
        ipc(reinterpret_cast<Word>(m) | below(2), L4_RCV_OPEN, thread(receiver), 0, 0, both_ways).result);
    const bool first_came = error == 0 || l4_msgdope_error(wait(hours).result) == 0;
    return first_came && (error == 0 || error == L4_IPC_SEMSGCUT);
}

} // namespace

extern "C" void program() {
    Tap tap;
    want_state();
    touch_stacks();
    for (Word at = 0; at < sizeof sent; at += page_size) sent[at] = received[at] = 0;
    for (Word at = 0; at < sizeof from; at += page_size) from[at] = to[at] = 0;
    for (Word n = 0; n < few_sleepers; ++n) start(first_sleeper + n, sleep_long);
    Word good = 0;
    for (Word i = 0; i < rounds / 2; ++i) good += send_one();
    for (Word n = few_sleepers; n < sleepers; ++n) start(first_sleeper + n, sleep_long);
    for (Word i = 0; i < rounds / 2; ++i) good += send_one();
    tap.equal(good, rounds, "each message comes, or is cut, and the queue behind it is taken");
    tap.done();
}
