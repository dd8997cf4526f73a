// SPDX-License-Identifier: BSD-2-Clause
#include "x86/boot_memory.h"

#include <algorithm>

#include "ia32/paging.h"
#include "x86/entry.h"
#include "x86/layout.h"

namespace x86 {
namespace {

constexpr std::uint32_t one_mib = 1u << 20;
constexpr std::uint32_t image_start = 0x300000; // as in kernel.lds
constexpr std::uint32_t pool_least = ia32::super_size, pool_most = 64u << 20;
constexpr std::uint32_t pool_share = 8; ///< of all RAM, the kernel gets this part

constexpr std::uint32_t down(std::uint32_t n, std::uint32_t unit) { return n & ~(unit - 1); }

} // namespace

BootMemory::BootMemory(const multiboot::Info& info) {
    if ((info.flags & multiboot::Info::has_map) != 0) {
        for (std::uint32_t at = 0; at + sizeof(multiboot::MapEntry) <= info.map_length;) {
            const auto& e = *at_physical<const multiboot::MapEntry>(info.map + at);
            if (e.type == multiboot::MapEntry::ram) add(e.base, e.length);
            at += e.size + std::uint32_t{sizeof e.size};
        }
    } else if ((info.flags & multiboot::Info::has_memory) != 0) {
        add(0, std::uint64_t{info.mem_lower} << 10);
        add(one_mib, std::uint64_t{info.mem_upper} << 10);
    }
}

/// Whole pages below 4 GiB.
void BootMemory::add(std::uint64_t base, std::uint64_t length) {
    constexpr std::uint64_t top = 0xfffff000;
    const std::uint64_t first = (base + ia32::page_size - 1) & ~std::uint64_t{ia32::page_size - 1};
    const std::uint64_t end = std::min(base + length, top) & ~std::uint64_t{ia32::page_size - 1};
    if (first >= end || count_ == ranges_.size()) return;
    ranges_[count_++] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end)};
}

bool BootMemory::is_ram(Range r) const {
    return std::any_of(ram().begin(), ram().end(), [r](Range range) { return range.contains(r); });
}

std::uint32_t BootMemory::total() const {
    std::uint32_t sum = 0;
    for (const Range r : ram()) sum += r.size();
    return sum;
}

std::uint32_t BootMemory::largest() const {
    for (const Range r : ram())
        if (r.first <= one_mib && r.end > one_mib) return r.end - one_mib;
    return 0;
}

Range BootMemory::image() const {
    return {image_start, reinterpret_cast<std::uint32_t>(image_end) - direct_base};
}

bool BootMemory::divide() {
    const std::uint32_t size = largest();
    if (size < smallest - one_mib - (one_mib >> 1)) return false; // firmware keeps some at the top
    const std::uint32_t top = down(std::min(one_mib + size, direct_size), ia32::super_size);
    const std::uint32_t wanted = std::clamp(total() / pool_share, pool_least, pool_most);
    pool_ = {down(top - wanted, ia32::super_size), top};
    area_ = {pool_.first - area_size, pool_.first};
    return area_.first >= image().end;
}

} // namespace x86
