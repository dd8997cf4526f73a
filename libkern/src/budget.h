// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstring>

#include "ia32/paging.h"
#include "kern/kernel.h"

namespace kern {

/// What a transfer may still do in this entry.
struct Kernel::Budget {
    Steps bytes, pages;
};

/// Copies from the first byte to the last, also when a byte that was stored is to be read again.
inline void copy_up(std::byte* to, const std::byte* from, std::uint32_t n) {
    if (to <= from || to >= from + n) {
        std::memmove(to, from, n);
        return;
    }
    for (std::uint32_t i = 0; i < n; ++i) to[i] = from[i];
}

/// Bytes from addr to the end of its page.
constexpr std::uint32_t to_page_end(std::uint32_t addr) { return ia32::page_size - addr % ia32::page_size; }

} // namespace kern
