// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace kern {

/// Goes on from `from` by runs of words where nothing is.
template <std::uint32_t run>
std::uint32_t skip_runs(const std::uint32_t* words, std::uint32_t from, std::uint32_t end) {
    for (const std::uint32_t* w = words + from; from + run <= end; from += run, w += run) {
        std::uint32_t all = 0;
#pragma GCC unroll 128
        for (std::uint32_t i = 0; i < run; ++i) all |= w[i];
        if (all != 0) break;
    }
    return from;
}

/// The first word in [from, end) that is not 0, or `end`.  All of a frame may be looked at without
/// interrupts, and most of it is empty.
inline std::uint32_t first_used(const std::uint32_t* words, std::uint32_t from, std::uint32_t end) {
    from = skip_runs<8>(words, skip_runs<128>(words, from, end), end);
    while (from < end && words[from] == 0) ++from;
    return from;
}

} // namespace kern
