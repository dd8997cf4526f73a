// SPDX-License-Identifier: BSD-2-Clause
// A program that computes and calls while somebody presses the NMI button.
#include "l4/abi/kip.h"
#include "tap.h"

extern "C" [[noreturn]] void program();

void program() {
    Tap tap;
    const volatile auto& kip = *reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS);
    put("press now\n");
    const std::uint64_t start = kip.clock;
    bool good = true;
    Word sum = 0, turns = 0;
    while (kip.clock - start < 1500000) {
        for (Word i = 0; i < 1000; ++i) sum += i;
        good &= myself().low == l4_threadid(L4_TASK_ROOT, 0).low;
        ++turns;
    }
    tap.check(good, "every call was answered");
    tap.equal(sum, turns * 499500, "and nothing was miscounted");
    tap.done();
}
