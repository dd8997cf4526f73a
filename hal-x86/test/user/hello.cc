// SPDX-License-Identifier: BSD-2-Clause
#include "tap.h"

extern "C" [[noreturn]] void program();

void program() {
    put("hello\n");
    Tap tap;
    tap.equal(myself().low, l4_threadid(L4_TASK_ROOT, 0).low, "the root task is task 4");
    tap.done();
}
