// SPDX-License-Identifier: BSD-2-Clause
// Long ways between two looks for interrupts: traces with the PC's limits, and libFuzzer prefers those in
// which the kernel does much in one piece.  What it finds is measured by //hal-x86/replay.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/generated.h"
#include "fuzz/support/longest.h"
#include "fuzz/window.h"

test::Recording fuzz::record_window(std::span<const std::uint8_t> input, test::Stopwatch* stopwatch) {
    using Trace = test::Trace;
    Trace::Taste taste{.weights = {}, .outside = 12, .failing = 0, .prologue = 0, .flags = 10, .state = 20};
    for (const Trace::Choice c : {Trace::ipc, Trace::serve, Trace::unmap, Trace::message})
        taste.weights[c] = 6;
    for (const Trace::Choice c : {Trace::touch, Trace::ex_regs, Trace::task_new}) taste.weights[c] = 3;
    for (const Trace::Choice c : {Trace::schedule, Trace::raise, Trace::ports}) taste.weights[c] = 1;
    return play_as_on_pc("fuzz_window", input, taste, stopwatch);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Longest longest;
    fuzz::record_window({data, size}, &longest);
    return 0;
}
