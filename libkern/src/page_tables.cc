// SPDX-License-Identifier: BSD-2-Clause
#include "kern/page_tables.h"

#include <algorithm>

#include "kern/ensure.h"
#include "kern/fpage.h"
#include "kern/scan.h"

namespace kern {

VAddr PageTables::next_region(const Space& space, VAddr va) const {
    const std::uint32_t* const entries = words(space.directory_);
    const std::uint32_t index =
        first_used(entries, ia32::directory_index(va.raw()), ia32::directory_index(user_end.raw()));
    return VAddr{index << ia32::super_shift};
}

VAddr PageTables::skip_empty(const Space& space, VAddr va, std::uint32_t entries) const {
    const std::uint32_t entry = directory(space, va);
    const bool by_region = entry == 0;
    const std::uint32_t* const table = words(by_region ? space.directory_ : frame_of(entry));
    const std::uint32_t shift = by_region ? ia32::super_shift : ia32::page_shift;
    const std::uint32_t first = va.raw() >> shift, all = by_region ? user_end.raw() >> shift : ia32::entries;
    const std::uint32_t from = first % ia32::entries;
    const std::uint32_t index = first_used(table, from, std::min(from + entries, all));
    return VAddr{(first / ia32::entries * ia32::entries + index) << shift};
}

Status PageTables::make_table(Space& space, VAddr va) {
    std::uint32_t& entry = directory(space, va);
    if (entry != 0) return Done{};
    const PAddr table = KTRY(space.account().take_frame());
    const Result<PAddr> its_shadow = space.account().take_frame();
    if (!its_shadow.ok()) {
        space.account().give_frame(table, Fill::zeros);
        return its_shadow.error();
    }
    entry = table.raw() | ia32::present | ia32::writable | ia32::user;
    shadow(space, va) = (*its_shadow).raw();
    space.frames_ += 2;
    ++space.regions_;
    rest();
    return Done{};
}

void PageTables::drop_table_if_empty(Space& space, VAddr va) {
    if ((shadow(space, va) & count_mask) != 0) return;
    drop_table(space, va);
    flush(space, va); // a processor may have looked at the directory entry meanwhile
}

void PageTables::drop_table(Space& space, VAddr va) {
    std::uint32_t& entry = directory(space, va);
    std::uint32_t& shadow_word = shadow(space, va);
    if (shadow_word & split_bit) {
        std::uint32_t* const its_shadow = words(frame_of(shadow_word));
        its_shadow[node_of_split] = its_shadow[base_of_split] = 0;
    }
    space.account().give_frame(frame_of(entry), Fill::zeros);
    space.account().give_frame(frame_of(shadow_word), Fill::zeros);
    entry = shadow_word = 0;
    space.frames_ -= 2;
    --space.regions_;
    rest();
}

void PageTables::enter(Space& space, VAddr va, std::uint32_t entry, MapNode* node) {
    std::uint32_t& shadow_word = shadow(space, va);
    const std::uint32_t index = ia32::table_index(va.raw());
    std::uint32_t& page = words(frame_of(directory(space, va)))[index];
    ensure(page == 0 && !(shadow_word & split_bit), "a page was entered over another");
    ++machine_.event_counters().pages_mapped;
    page = entry;
    words(frame_of(shadow_word))[index] = node ? pool_.of(node).raw() : 0;
    ++shadow_word;
}

void PageTables::enter_fixed(Space& space, VAddr va, std::span<const PAddr> frames, std::uint32_t flags) {
    std::uint32_t* page = words(frame_of(directory(space, va))) + ia32::table_index(va.raw());
    for (const PAddr frame : frames) {
        ensure(*page == 0, "a page was entered over another");
        *page++ = frame.raw() | flags;
    }
    const auto count = static_cast<std::uint32_t>(frames.size());
    machine_.event_counters().pages_mapped += count;
    shadow(space, va) += count;
}

void PageTables::enter_super(Space& space, VAddr va, std::uint32_t entry, MapNode& node) {
    ensure(directory(space, va) == 0, "a 4 MiB page was entered over something");
    ++machine_.event_counters().pages_mapped;
    directory(space, va) = entry | ia32::super;
    shadow(space, va) = pool_.of(&node).raw();
    ++space.regions_;
}

void PageTables::enter_part(Space& space, VAddr va, std::uint32_t entry) {
    std::uint32_t& page = words(frame_of(directory(space, va)))[ia32::table_index(va.raw())];
    ensure(page == 0, "a part was entered over another");
    ++machine_.event_counters().pages_mapped;
    page = entry;
    ++shadow(space, va);
}

PAddr PageTables::base(const Space& space, const MapNode& node) const {
    const std::uint32_t entry = directory(space, node.va());
    if (!node.super()) return frame(find(space, node.va()), node.va());
    if (entry & ia32::super) return PAddr{entry & ia32::super_mask};
    return PAddr{words(frame_of(shadow(space, node.va())))[base_of_split]};
}

bool PageTables::leave(Space& space, VAddr va, const Spot& spot) {
    bool gone = true;
    ++machine_.event_counters().pages_unmapped;
    *spot.entry = 0;
    if (spot.kind == Spot::Kind::super) {
        *spot.shadow = 0;
        --space.regions_;
    } else {
        const bool split = (*spot.region & split_bit) != 0;
        if (!split) *spot.shadow = 0;
        --*spot.region;
        const bool last = (*spot.region & count_mask) == 0;
        gone = last || !split;
        if (last) drop_table(space, va);
    }
    flush(space, va);
    return gone;
}

std::uint32_t PageTables::leave_page(Space& space, VAddr va) {
    std::uint32_t& region = shadow(space, va);
    const std::uint32_t index = ia32::table_index(va.raw());
    std::uint32_t& page = words(frame_of(directory(space, va)))[index];
    const std::uint32_t entry = page;
    ++machine_.event_counters().pages_unmapped;
    page = words(frame_of(region))[index] = 0;
    --region;
    if ((region & count_mask) == 0) drop_table(space, va);
    flush(space, va);
    return entry;
}

void PageTables::change(Space& space, VAddr va, std::uint32_t& entry, std::uint32_t value) {
    if (entry == value) return;
    entry = value;
    flush(space, va);
}

bool PageTables::put_by_split(Space& space, VAddr va, Steps& steps) {
    return pool_.put_by(Fill::zeros, 1, steps) && pool_.put_by_table(first_part(space, va), steps);
}

Status PageTables::split(Space& space, VAddr va) {
    const PAddr table = KTRY(space.account().take_table(first_part(space, va)));
    const Result<PAddr> its_shadow = space.account().take_frame();
    if (!its_shadow.ok()) {
        space.account().give_frame(table);
        return its_shadow.error();
    }
    std::uint32_t& shadow_word = shadow(space, va);
    words(*its_shadow)[node_of_split] = shadow_word;
    words(*its_shadow)[base_of_split] = first_part(space, va) & ia32::super_mask;
    directory(space, va) = table.raw() | ia32::present | ia32::writable | ia32::user;
    shadow_word = (*its_shadow).raw() | split_bit | ia32::entries;
    space.frames_ += 2;
    flush(space, va);
    return Done{};
}

} // namespace kern
