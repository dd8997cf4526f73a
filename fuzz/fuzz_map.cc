// SPDX-License-Identifier: BSD-2-Clause
// Mapping, granting and unmapping, of pages of both sizes and of ports, between tasks that come and go, with
// little memory for it.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/generated.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Trace = test::Trace;
    Trace::Taste taste{.weights = {}, .outside = 3, .failing = 6, .prologue = 0};
    taste.weights[Trace::serve] = 8;
    taste.weights[Trace::unmap] = 8;
    taste.weights[Trace::touch] = 6;
    taste.weights[Trace::ipc] = 4;
    taste.weights[Trace::message] = 3;
    taste.weights[Trace::task_new] = 2;
    fuzz::play_trace("fuzz_map", {data, size}, taste);
    return 0;
}
