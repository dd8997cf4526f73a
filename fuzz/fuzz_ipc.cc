// SPDX-License-Identifier: BSD-2-Clause
// Messages of every kind between a handful of threads: rendezvous, transfers, page faults in their middle,
// timeouts, interrupts, and ex_regs on whoever is in one.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/generated.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Trace = test::Trace;
    Trace::Taste taste{.weights = {}, .outside = 12, .failing = 3, .prologue = 0};
    taste.weights[Trace::ipc] = 8;
    taste.weights[Trace::serve] = 6;
    taste.weights[Trace::message] = 5;
    taste.weights[Trace::touch] = 3;
    taste.weights[Trace::ex_regs] = 2;
    fuzz::play_trace("fuzz_ipc", {data, size}, taste);
    return 0;
}
