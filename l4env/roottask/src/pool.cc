// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/pool.h"

#include <algorithm>

namespace l4env::root {

Pool::Pool(std::span<std::uint16_t> owners) : owners_(owners) {
    std::fill(owners.begin(), owners.end(), foreign);
}

void Pool::add(std::uint32_t address, std::uint32_t bytes) {
    const std::uint64_t first = address >> L4_PAGE_SHIFT, end = first + (bytes >> L4_PAGE_SHIFT);
    for (std::uint64_t f = first; f < end && f < owners_.size(); ++f) owners_[f] = free;
    next_ = std::min(next_, static_cast<std::uint32_t>(first));
}

std::uint64_t Pool::end_of(std::uint32_t last) const {
    return std::min<std::uint64_t>((last >> L4_PAGE_SHIFT) + std::uint64_t{1}, owners_.size());
}

std::uint32_t Pool::used(std::uint32_t first, std::uint32_t last) const {
    for (std::uint64_t f = first >> L4_PAGE_SHIFT; f < end_of(last); ++f)
        if (owners_[f] == in_use) return static_cast<std::uint32_t>(f << L4_PAGE_SHIFT);
    return 0;
}

void Pool::keep(std::uint32_t first, std::uint32_t last) {
    for (std::uint64_t f = first >> L4_PAGE_SHIFT; f < end_of(last); ++f)
        if (owners_[f] == free) owners_[f] = kept;
}

std::uint32_t Pool::take(std::uint16_t task, std::uint32_t count, std::uint32_t align) {
    while (next_ < owners_.size() && owners_[next_] != free) ++next_;
    std::uint64_t run = 0; // free frames in a row from the last aligned one
    for (std::uint64_t f = (next_ + align - 1) & ~std::uint64_t{align - 1}; f < owners_.size(); ++f) {
        // Frame 0 is for nobody: its address says "none".
        const bool usable = owners_[f] == free && f != 0;
        run = usable && (run > 0 || f % align == 0) ? run + 1 : 0;
        if (run < count || count == 0) continue;
        const auto end = owners_.begin() + static_cast<std::ptrdiff_t>(f + 1);
        std::fill(end - static_cast<std::ptrdiff_t>(count), end, task);
        return static_cast<std::uint32_t>((f + 1 - count) << L4_PAGE_SHIFT);
    }
    return 0;
}

bool Pool::has(std::uint16_t task, std::uint32_t address, std::uint32_t bytes) const {
    const std::uint64_t first = address >> L4_PAGE_SHIFT, end = first + (bytes >> L4_PAGE_SHIFT);
    for (std::uint64_t f = first; f < end; ++f)
        if (f >= owners_.size() || owners_[f] != task) return false;
    return true;
}

std::uint32_t Pool::free_frames() const {
    return static_cast<std::uint32_t>(std::count(owners_.begin(), owners_.end(), free));
}

} // namespace l4env::root
