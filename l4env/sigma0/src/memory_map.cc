// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/sigma0/src/memory_map.h"

#include <algorithm>

#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace l4env::sigma0 {
namespace {

constexpr std::uint32_t page_size = 1u << L4_PAGE_SHIFT;

/// An entry in whole pages: fewer of what is RAM, more of what is not.  Above the UTCBs no space can have
/// memory one to one.
struct Stretch {
    std::uint32_t first = 0, end = 0, type = L4_KIP_MEM_UNDEFINED;
    bool conventional() const { return type == L4_KIP_MEM_CONVENTIONAL; }
};

Stretch stretch(const l4_kip_mem_t& entry) {
    if ((entry.start & L4_KIP_MEM_VIRTUAL) != 0) return {};
    const bool inward = (entry.start & L4_KIP_MEM_TYPE_MASK) == L4_KIP_MEM_CONVENTIONAL;
    const std::uint64_t first = entry.start & L4_KIP_MEM_ADDR_MASK,
                        end = std::uint64_t{entry.end | ~L4_KIP_MEM_ADDR_MASK} + 1;
    constexpr std::uint64_t mask = page_size - 1, top = L4_UTCB_AREA;
    const std::uint64_t low = inward ? (first + mask) & ~mask : first & ~mask;
    const std::uint64_t high = std::min(inward ? end & ~mask : (end + mask) & ~mask, top);
    if (low >= high) return {};
    return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high),
            entry.start & L4_KIP_MEM_TYPE_MASK};
}

std::uint16_t owner_of(std::uint32_t type) {
    switch (type) {
        case L4_KIP_MEM_CONVENTIONAL: return Frames::free;
        case L4_KIP_MEM_BOOTLOADER: return L4_TASK_ROOT;
        case L4_KIP_MEM_SHARED: return Frames::shared;
        default: return Frames::kept;
    }
}

} // namespace

MemoryMap MemoryMap::of(const l4_kip_t& kip) {
    const std::uint32_t offset = kip.mem_info >> L4_KIP_MEM_OFFSET_SHIFT,
                        count = kip.mem_info & L4_KIP_MEM_COUNT_MASK;
    if (offset % sizeof(l4_word_t) != 0 || offset + count * sizeof(l4_kip_mem_t) > page_size)
        return MemoryMap({});
    const auto* const page = reinterpret_cast<const char*>(&kip);
    return MemoryMap({reinterpret_cast<const l4_kip_mem_t*>(page + offset), count});
}

std::uint32_t MemoryMap::end() const {
    std::uint32_t end = 0;
    for (const l4_kip_mem_t& entry : list_) end = std::max(end, stretch(entry).end);
    return end;
}

bool MemoryMap::is_ram(std::uint32_t address) const {
    std::uint16_t owner = Frames::absent;
    for (const l4_kip_mem_t& entry : list_)
        if (const Stretch s = stretch(entry); s.first <= address && address < s.end) owner = owner_of(s.type);
    return owner != Frames::absent && owner != Frames::shared;
}

bool MemoryMap::is_free(std::uint32_t first, std::uint32_t end) const {
    bool inside = false;
    for (const l4_kip_mem_t& entry : list_) {
        const Stretch s = stretch(entry);
        if (s.conventional())
            inside |= s.first <= first && end <= s.end;
        else if (s.first < end && first < s.end)
            return false;
    }
    return inside;
}

std::uint32_t MemoryMap::place(std::uint32_t bytes) const {
    std::uint32_t best = 0;
    // It ends where a stretch of RAM does, or where something else begins.
    for (const l4_kip_mem_t& entry : list_) {
        const Stretch s = stretch(entry);
        const std::uint32_t end = s.conventional() ? s.end : s.first;
        if (end > bytes && end - bytes > best && is_free(end - bytes, end)) best = end - bytes;
    }
    return best;
}

void MemoryMap::apply(Frames& frames) const {
    for (const l4_kip_mem_t& entry : list_) {
        const Stretch s = stretch(entry);
        if (s.end != 0) frames.set(s.first, s.end, owner_of(s.type));
    }
}

} // namespace l4env::sigma0
