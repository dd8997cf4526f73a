// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "ia32/paging.h"
#include "l4/abi/counters.h"
#include "l4/abi/limits.h"

/// The upper quarter of every address space.
namespace x86 {

/// Physical memory from 0 on, in 4 MiB pages: the kernel's own, and users' memory as far as it goes.
inline constexpr std::uint32_t direct_base = 0xc0000000, direct_size = 0x2a800000;

/// What lies at an address: of the address space, or of physical memory in the direct range.  Before paging
/// is on too (boot.S).
template <class T>
T* at_address(std::uint32_t address) {
    return reinterpret_cast<T*>(address); // NOLINT(performance-no-int-to-ptr)
}
template <class T>
T* at_physical(std::uint32_t address) {
    return at_address<T>(direct_base + address);
}

/// 4 MiB of 4 KiB pages behind it.
inline constexpr std::uint32_t fixed_base = direct_base + direct_size + ia32::super_size;

/// Through these the kernel looks at memory that is not in the direct range.
inline constexpr std::uint32_t windows = 4, window_base = fixed_base;

/// The task state segment; then its I/O bitmap, two frames that change with the task; then the byte of ones
/// that the processor wants behind that.
inline constexpr std::uint32_t tss_base = fixed_base + 0x10000;
inline constexpr std::uint32_t io_bitmap_base = tss_base + ia32::page_size;
inline constexpr std::uint32_t io_bitmap_end = io_bitmap_base + 2 * ia32::page_size;

inline constexpr std::uint32_t local_apic_base = fixed_base + 0x20000;

/// Users read these: the word behind GS:0, the call stubs, and the counters.
inline constexpr std::uint32_t utcb_word_base = L4_SYSCALL_PAGE - ia32::page_size;
static_assert(L4_COUNTERS_PAGE == utcb_word_base - ia32::page_size);
static_assert(ia32::directory_index(L4_SYSCALL_PAGE) == ia32::directory_index(fixed_base));
static_assert(fixed_base % ia32::super_size == 0 && direct_size % ia32::super_size == 0);

} // namespace x86
