// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "ia32/paging.h"
#include "kern/kernel.h"

namespace kern {

/// What a transfer may still do in this entry.
struct Kernel::Budget {
    Steps bytes, pages;
};

/// Bytes from addr to the end of its page.
constexpr std::uint32_t to_page_end(std::uint32_t addr) { return ia32::page_size - addr % ia32::page_size; }

} // namespace kern
