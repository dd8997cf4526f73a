// SPDX-License-Identifier: BSD-2-Clause
#include "arch/lookaside.h"

#include <algorithm>

namespace arch {

/// Where `key` is, or where it would go.
Lookaside::Entry& Lookaside::slot(std::uint32_t key) {
    std::uint32_t i = home(key);
    while (entries_[i].generation == generation_ && entries_[i].key != key) i = next(i);
    return entries_[i];
}

void Lookaside::insert(std::uint32_t key, std::uint32_t value) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    Entry& e = slot(key);
    if (e.generation != generation_) ++used_;
    e = {key, value, generation_, true};
}

void Lookaside::forget(std::uint32_t key) {
    Entry& e = slot(key);
    if (e.generation == generation_) e.live = false;
}

void Lookaside::clear() {
    used_ = 0;
    if (++generation_ != 0) return;
    generation_ = 1; // after 2^32 clears old entries would come back to life
    std::fill(entries_.begin(), entries_.end(), Entry{});
}

void Lookaside::grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    --shift_;
    used_ = 0;
    for (const Entry& e : old)
        if (e.generation == generation_ && e.live) {
            slot(e.key) = e;
            ++used_;
        }
}

} // namespace arch
