// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/sigma0/src/frames.h"

#include <algorithm>

namespace l4env::sigma0 {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT;

constexpr std::uint64_t frames_of(std::uint32_t log2) { return std::uint64_t{1} << (log2 - page); }

} // namespace

void Frames::set(std::uint32_t first, std::uint32_t end, std::uint16_t owner) {
    const std::uint64_t stop = std::min<std::uint64_t>(end >> page, owners_.size());
    for (std::uint64_t f = first >> page; f < stop; ++f) owners_[f] = owner;
    if (owner == free) std::fill(std::begin(next_), std::end(next_), 0);
}

bool Frames::take(std::uint32_t address, std::uint32_t log2, std::uint16_t task) {
    const std::uint64_t first = address >> page, count = frames_of(log2);
    for (std::uint64_t f = first; f < first + count; ++f)
        if (at(f) != free && at(f) != shared && at(f) != task) return false;
    give(first, count, task);
    return true;
}

/// Shared ones stay so.
void Frames::give(std::uint64_t frame, std::uint64_t count, std::uint16_t task) {
    for (std::uint64_t f = frame; f < frame + count; ++f)
        if (owners_[f] == free) owners_[f] = task;
}

bool Frames::take_any(std::uint32_t log2, std::uint16_t task, std::uint32_t& address) {
    const std::uint64_t step = frames_of(log2);
    for (std::uint64_t& f = next_[log2]; f + step <= owners_.size(); f += step) {
        const auto begin = owners_.begin() + static_cast<std::ptrdiff_t>(f);
        if (f == 0 || !std::all_of(begin, begin + static_cast<std::ptrdiff_t>(step),
                                   [](std::uint16_t owner) { return owner == free; }))
            continue;
        address = static_cast<std::uint32_t>(f << page);
        give(f, step, task);
        f += step;
        return true;
    }
    return false;
}

bool Frames::is_device(std::uint32_t address, std::uint32_t log2) const {
    const std::uint64_t first = address >> page,
                        end = std::min<std::uint64_t>(first + frames_of(log2), owners_.size());
    for (std::uint64_t f = first; f < end; ++f)
        if (owners_[f] != absent && owners_[f] != shared) return false;
    return true;
}

} // namespace l4env::sigma0
