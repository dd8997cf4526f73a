// SPDX-License-Identifier: BSD-2-Clause
// A program that prints ends of lines, each of which scrolls the screen in several pieces, while somebody
// presses the NMI button: what the kernel prints then scrolls it, too.
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word printer = 1, size = 64;
alignas(4096) char lines[size + 1];
volatile Word printed = 0;

void print() {
    for (;;) {
        put(lines);
        printed = printed + 1;
    }
}

} // namespace

void program() {
    Tap tap;
    touch_stacks();
    for (Word i = 0; i < size; ++i) lines[i] = '\n';
    put("press now\n");
    start(printer, print);
    tap.equal(input(), 'q', "a key is read meanwhile");
    start(printer, [] { sleep(never); });
    tap.check(printed != 0, "whole texts were printed");
    tap.done();
}
