// SPDX-License-Identifier: BSD-2-Clause
// What the short ways do to page tables: here, so that it is compiled into them.
#pragma once
#include "kern/fpage.h"
#include "kern/page_tables.h"

namespace kern {

[[gnu::always_inline]] inline PageTables::Spot PageTables::look(const Space& space, VAddr va) const {
    using Kind = Spot::Kind;
    std::uint32_t& entry = directory(space, va);
    if (va >= user_end || entry == 0) return {Kind::no_region, &entry};
    std::uint32_t& region = shadow(space, va);
    const auto node = [this](std::uint32_t word) { return pool_.at<MapNode>(PAddr{word}); };
    if (entry & ia32::super) return {Kind::super, &entry, node(region), &region, &region};
    const std::uint32_t index = ia32::table_index(va.raw());
    std::uint32_t* const page = words(frame_of(entry)) + index;
    std::uint32_t* its_shadow = words(frame_of(region));
    if (region & split_bit)
        return {*page ? Kind::part : Kind::hole, page, node(*its_shadow), its_shadow, &region};
    its_shadow += index;
    const std::uint32_t word = *its_shadow;
    if (*page == 0) return {Kind::no_page, page, nullptr, its_shadow, &region};
    if (word != 0) return {Kind::page, page, node(word), its_shadow, &region};
    return {Kind::fixed, page, nullptr, its_shadow, &region};
}

inline void PageTables::enter(const Spot& empty, std::uint32_t entry, MapNode& node) {
    ensure(empty.kind == Spot::Kind::no_page && *empty.entry == 0, "a page was entered over another");
    ++machine_.event_counters().pages_mapped;
    *empty.entry = entry;
    *empty.shadow = pool_.of(&node).raw();
    ++*empty.region;
}

} // namespace kern
