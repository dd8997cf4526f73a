// SPDX-License-Identifier: BSD-2-Clause
// Text by int3 keeps nobody waiting, and is not mixed with other text.  Times are exact under -icount.
#include "child.h"
#include "l4/abi/kip.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word urgent = 1, first_talker = 2, talkers = 2, urgent_prio = 100, talker_prio = 10, line = 100,
               most = 4096;
constexpr Word slice_man = 13, slice_exp = 13; // 208 us
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

alignas(16) char stacks[first_talker + talkers][1024];
alignas(4096) char empty_lines[most + 1], lines[2][line + 2];
volatile Word latest = 0, naps = 0, dots = 0;

Word stack_of(Word lthread) { return reinterpret_cast<Word>(stacks[lthread] + sizeof stacks[lthread]); }

std::uint64_t clock() { return reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS)->clock; }

/// Instructions, of which one takes a nanosecond.
Word nanoseconds() {
    Word low;
    asm volatile("rdtsc" : "=a"(low) : : "edx");
    return low;
}

void schedule(Word lthread, Word prio) {
    call<L4_VEC_THREAD_SCHEDULE>({.eax = l4_sched_param(prio, slice_man, slice_exp),
                                  .ebx = ~0u,
                                  .ebp = ~0u,
                                  .esi = l4_threadid(L4_TASK_ROOT, lthread).low});
}

void start(Word lthread, Body body, Word prio) {
    ex_regs(lthread, reinterpret_cast<Word>(body), stack_of(lthread), sigma0);
    schedule(lthread, prio);
}

void stop(Word lthread) {
    call<L4_VEC_LTHREAD_EX_REGS>({.eax = lthread | L4_EX_REGS_STOP,
                                  .ecx = ~0u,
                                  .edx = ~0u,
                                  .ebx = ~0u,
                                  .ebp = ~0u,
                                  .esi = ~0u,
                                  .edi = ~0u});
}

/// Sleeps, and keeps by how many microseconds it woke too late.
void nap() {
    constexpr Word length = 160;
    for (;;) {
        const std::uint64_t before = clock();
        sleep(receive_within(length));
        const Word late = static_cast<Word>(clock() - before) - length;
        if (late > latest) latest = late;
        naps = naps + 1;
    }
}

void print_empty_lines() {
    for (;;) put(empty_lines);
}

/// By the int3 of two bytes.
void print_dots() {
    for (;;) {
        sleep(receive_within(160));
        asm volatile(".byte 0xcd, 3; cmpb %1, %%al" : : "a"('.'), "i"(L4_KD_OUTCHAR) : "cc");
        dots = dots + 1;
    }
}

template <Word which>
void print_lines() {
    for (;;) put(lines[which]);
}

void fill() {
    for (Word i = 0; i < most; ++i) empty_lines[i] = '\n';
    for (Word i = 0; i < line; ++i) lines[0][i] = '<', lines[1][i] = '>';
    lines[0][line] = lines[1][line] = '\n';
}

/// A line of 4,096 ends, each of which moves the whole screen.
void others_need_not_wait(Tap& tap) {
    start(urgent, nap, urgent_prio);
    start(first_talker, print_empty_lines, talker_prio);
    sleep(receive_within(4000));
    stop(first_talker);
    stop(urgent);
    sleep(receive_within(10000)); // who stands in a text stops behind it
    tap.check(naps > 20, "a thread sleeps and wakes while another prints");
    tap.check(latest < 8, "it never wakes late");
    put("# the latest: ");
    put_decimal(latest);
    put(" us\n");
}

/// Their slices end in the midst of lines, and a third is more urgent.
void lines_stay_whole(Tap& tap) {
    start(first_talker, print_lines<0>, talker_prio);
    start(first_talker + 1, print_lines<1>, talker_prio);
    start(urgent, print_dots, urgent_prio);
    sleep(receive_within(4000));
    for (Word n = 0; n < talkers; ++n) stop(first_talker + n);
    stop(urgent);
    sleep(receive_within(160)); // as above
    put('\n');                  // the last that came may be a dot
    tap.check(true, "lines of two threads are whole");
    tap.check(dots > 10, "what comes between them does not stop");
}

/// What was left of its line is put while nobody runs.
void line_of_nobody(Tap& tap) {
    start_child(print_lines<0>, 10);
    serve(wait(), receive_within(2000));
    kill_child();
    sleep(receive_within(160));
    const Word before = nanoseconds();
    put('.');
    const Word taken = nanoseconds() - before;
    put('\n');
    tap.check(true, "a line stays whole when its task ends");
    tap.check(taken < 1000, "and is out when the next begins");
}

/// Does this row of the screen show this text, and nothing behind it?
bool shows(Word row, const char* text) {
    constexpr Word columns = 80, screen = 0xb8000;
    const auto* const cells = reinterpret_cast<const volatile unsigned char*>(screen + 2 * row * columns);
    bool right = true;
    for (Word i = 0; i < columns; ++i) right = right && cells[2 * i] == (*text ? *text++ : ' ');
    return right;
}

/// More lines than it has rows: the last ones are there, and an empty one.
void screen_scrolls(Tap& tap) {
    constexpr Word rows = 25, first = 10, end = 50; // two digits each
    for (Word n = first; n < end; ++n) {
        put("line ");
        put_decimal(n);
        put('\n');
    }
    bool right = shows(rows - 1, "");
    for (Word row = 0; row < rows - 1; ++row) {
        const Word n = end - (rows - 1) + row;
        const char text[] = {'l', 'i', 'n', 'e', ' ', char('0' + n / 10), char('0' + n % 10), 0};
        right = right && shows(row, text);
    }
    tap.check(right, "the screen shows the last lines");
}

} // namespace

extern "C" void program() {
    Tap tap;
    fill();
    screen_scrolls(tap);
    others_need_not_wait(tap);
    lines_stay_whole(tap);
    line_of_nobody(tap);
    tap.done();
}
