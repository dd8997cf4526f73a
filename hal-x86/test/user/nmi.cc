// SPDX-License-Identifier: BSD-2-Clause
// A program that computes and calls while somebody presses the NMI button, and types when that is enough.
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word reader = 1;
volatile bool enough = false;

void wait_for_key() {
    input();
    enough = true;
    sleep(never);
}

} // namespace

void program() {
    Tap tap;
    touch_stacks();
    start(reader, wait_for_key);
    put("press now\n");
    bool good = true;
    Word sum = 0, turns = 0;
    while (!enough) {
        for (Word i = 0; i < 1000; ++i) sum += i;
        good &= myself().low == main_thread.low;
        ++turns;
    }
    tap.check(good, "every call was answered");
    tap.equal(sum, turns * 499500, "and nothing was miscounted");
    tap.done();
}
