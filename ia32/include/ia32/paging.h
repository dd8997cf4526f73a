// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace ia32 {

inline constexpr std::uint32_t page_size = 4096, page_shift = 12;
inline constexpr std::uint32_t super_size = 4096 * 1024, super_shift = 22;
inline constexpr std::uint32_t entries = 1024; ///< in a page directory and in a page table

/// Bits of a page-directory or page-table entry (32-bit paging, PSE on, PAE off).
enum Entry : std::uint32_t {
    present = 1u << 0,
    writable = 1u << 1,
    user = 1u << 2,
    write_through = 1u << 3,
    cache_disable = 1u << 4,
    accessed = 1u << 5,
    dirty = 1u << 6,
    super = 1u << 7,  ///< in a directory entry: a 4 MiB page, not a table
    global = 1u << 8, ///< stays in the TLB when another directory is loaded
};

inline constexpr std::uint32_t frame_mask = 0xfffff000, super_mask = 0xffc00000;

/// Bits of the error code that a page fault pushes.
enum FaultCode : std::uint32_t { fault_present = 1u << 0, fault_write = 1u << 1, fault_user = 1u << 2 };

constexpr std::uint32_t directory_index(std::uint32_t va) { return va >> super_shift; }
constexpr std::uint32_t table_index(std::uint32_t va) { return va >> page_shift & (entries - 1); }

} // namespace ia32
