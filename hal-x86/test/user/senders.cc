// SPDX-License-Identifier: BSD-2-Clause
// Some thousand threads send to one that does other things, and are taken when it has done them.  What is
// measured meanwhile is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include "crowd.h"
#include "threads.h"

extern "C" [[noreturn]] void program();

void program() {
    constexpr Word pager = 126, tasks = 16, senders = tasks * L4_THREADS_PER_TASK, calls = 200;
    Tap tap;
    touch_stacks();
    start(pager, crowd::be_pager);
    sleep(receive_within(1600));
    tap.equal(crowd::make(thread(pager), send_word, tasks), senders, "thousands of threads send");
    bool good = true;
    for (Word i = 0; i < calls; ++i) {
        good &= myself().low == main_thread.low;
        good &= l4_msgdope_error(sleep(receive_within(16)).result) == L4_IPC_RETIMEOUT;
    }
    tap.check(good, "who does not receive is not disturbed");
    Word taken = 0;
    while (l4_msgdope_error(wait(at_once).result) == 0) ++taken;
    tap.equal(taken, senders, "then all are taken");
    tap.done();
}
