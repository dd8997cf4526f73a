// SPDX-License-Identifier: BSD-2-Clause
// General-protection faults that take as long as they can to be reflected: by a long instruction, through a
// gate and onto a stack that lie across pages, of which one is missing; so that a page fault with state goes
// to a pager that waits.  What is measured meanwhile is how long interrupts have to wait
// (bench/kernel_irqs_off.py).
#include <initializer_list>

#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

using Byte = unsigned char;

constexpr Word page_size = 4096, pager = 2, victim = 3, first_sleeper = 8, sleepers = 13;
/// Whose pages are there, but for the two behind `above` and below `below`.
constexpr Word area = 0x1800000, gates = area + page_size, code = area + 3 * page_size,
               above = area + 8 * page_size, below = area + 16 * page_size + page_size;
constexpr Word hours = 1u | 250u << 24, most_prefixes = 14;

struct [[gnu::packed]] Idt {
    std::uint16_t limit;
    Word base;
};

Idt idt;
volatile Word esp_of_victim, code_of_victim, faults = 0;

/// Gets each fault with all state, and gives nothing.
void get_faults() {
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_PF_STATE;
    u.rcv_size = u.snd_size = L4_UTCB_STATE_WORDS;
    for (;;) {
        wait(hours);
        faults = faults + 1;
    }
}

void sleep_for_hours() {
    for (;;) sleep(hours);
}

void raise() {
    asm volatile("xor %%edx, %%edx; lidt (%0)" ::"a"(&idt) : "memory", "edx");
    asm volatile("fldz; fstp %st");
    asm volatile("mov %1, %%esp; jmp *%0" ::"r"(code_of_victim), "r"(esp_of_victim) : "memory");
}

void make_gate(Word at) {
    constexpr Word protection = 13, size = 8;
    idt = {255, at - protection * size};
    auto* const gate = reinterpret_cast<Byte*>(at);
    gate[0] = gate[7] = 0;
    gate[1] = gate[6] = 0x12; // the handler is at 0x121200, of which nothing is executed
}

/// hlt behind prefixes.
void make_code(Word at, Word prefixes) {
    constexpr Byte hlt = 0xf4, cs = 0x2e, operand_size = 0x66;
    auto* const to = reinterpret_cast<Byte*>(at);
    for (Word i = 0; i < prefixes; ++i) to[i] = i % 2 != 0 ? operand_size : cs;
    to[prefixes] = hlt;
    code_of_victim = at;
}

/// How many page faults there should be.
Word raise_all() {
    Word count = 0;
    for (const Word prefixes : {0u, most_prefixes})
        for (const Word bytes_before : {0u, 2u, 7u}) {
            make_code(code - bytes_before, prefixes);
            for (const Word esp : {above + 1, above + 3, above + 5, below + 1, below + 7, below + 13}) {
                esp_of_victim = esp;
                start(victim, raise, l4_threadid(L4_TASK_ROOT, pager));
                for (int n = 0; n < 2; ++n) sleep(receive_within(640));
                ++count;
            }
        }
    return count;
}

} // namespace

extern "C" void program() {
    Tap tap;
    for (Word at = area; at < above; at += page_size) *reinterpret_cast<volatile Byte*>(at) = 0;
    *reinterpret_cast<volatile Byte*>(below) = 0;
    touch_stacks();
    start(pager, get_faults, sigma0);
    Word count = 0;
    for (int with_sleepers = 0; with_sleepers < 2; ++with_sleepers) {
        for (const Word bytes_before : {5u, 1u}) {
            make_gate(gates - bytes_before);
            count += raise_all();
        }
        for (Word n = 0; n < sleepers; ++n) start(first_sleeper + n, sleep_for_hours, sigma0);
        sleep(receive_within(1600));
    }
    tap.equal(faults, count, "each reflection faults, and is told to a pager that waits");
    tap.done();
}
