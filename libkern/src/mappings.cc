// SPDX-License-Identifier: BSD-2-Clause
#include "kern/scan.h"
#include "one_page.h"

namespace kern {

Status Mappings::map(const Source& from, Space& to, VAddr va, bool write) {
    MapNode& parent = *from.spot.node;
    if (parent.depth == MapNode::max_depth) return Err::no_memory;
    const bool fans_out = parent.super() && parent.fan_out().raw() == 0;
    if (fans_out) KTRY(make_fan_out(from.space, parent));
    const Status table = tables.make_table(to, va);
    const Result<MapNode*> node = table.ok() ? make_node(to, va, false) : Result<MapNode*>(table.error());
    if (!node.ok()) {
        if (table.ok()) tables.drop_table_if_empty(to, va);
        if (fans_out) drop_fan_out(from.space, parent);
        return node.error();
    }
    tables.enter(to, va, entry_from(from, write), *node);
    adopt(parent, from.va, **node);
    return Done{};
}

Status Mappings::map_super(const Source& from, Space& to, VAddr va, bool write) {
    MapNode& parent = *from.spot.node;
    if (parent.depth == MapNode::max_depth) return Err::no_memory;
    MapNode& node = *KTRY(make_node(to, va, true));
    const std::uint32_t drop = status_bits | (write ? 0u : ia32::writable);
    tables.enter_super(to, va, *from.spot.entry & ~drop, node);
    adopt(parent, from.va, node);
    return Done{};
}

Status Mappings::grant(const Source& from, Space& to, VAddr va, bool write) {
    MapNode& old = *from.spot.node;
    const bool super = old.super(), fan_out = old.fan_out().raw() != 0;
    if (fan_out) KTRY(to.account().reserve(1));
    const Status table = super ? Status(Done{}) : tables.make_table(to, va);
    const Result<MapNode*> node = table.ok() ? make_node(to, va, super) : Result<MapNode*>(table.error());
    if (!node.ok()) {
        if (table.ok() && !super) tables.drop_table_if_empty(to, va);
        if (fan_out) to.account().unreserve(1);
        return node.error();
    }
    MapNode& fresh = **node;
    const std::uint32_t entry = *from.spot.entry & ~(write ? 0u : std::uint32_t{ia32::writable});
    fresh.take_place(old);
    fresh.narrowed = old.narrowed || entry != *from.spot.entry;
    order.replace(old, fresh);
    if (fan_out) {
        from.space.account().unreserve(1);
        --from.space.frames_;
        ++to.frames_;
    }
    if (super)
        tables.enter_super(to, va, entry, fresh);
    else
        tables.enter(to, va, entry, &fresh);
    tables.leave(from.space, from.va, from.spot);
    give_node(old);
    return Done{};
}

Status Mappings::map_root(Space& to, VAddr va, PAddr frame, bool super) {
    if (!super) KTRY(tables.make_table(to, va));
    const Result<MapNode*> node = make_node(to, va, super);
    if (!node.ok()) {
        if (!super) tables.drop_table_if_empty(to, va);
        return node.error();
    }
    const std::uint32_t entry = frame.raw() | user_page | ia32::writable;
    if (super)
        tables.enter_super(to, va, entry, **node);
    else
        tables.enter(to, va, entry, *node);
    order.insert_alone(**node);
    return Done{};
}

Status Mappings::restore_root(Space& space, VAddr va, const PageTables::Spot& spot) {
    const bool root = spot.node && spot.node->depth == 0;
    if (!root || tables.base(space, *spot.node).raw() != spot.node->va().raw()) return Err::invalid;
    if (spot.present())
        raise(space, va, spot);
    else
        tables.enter_part(space, va, PAddr{va.raw() & ia32::frame_mask}.raw() | user_page | ia32::writable);
    return Done{};
}

void Mappings::raise(Space& space, VAddr va, const PageTables::Spot& spot) {
    tables.change(space, va, *spot.entry, *spot.entry | ia32::writable);
    spot.node->narrowed = false;
}

std::uint32_t Mappings::remove(MapNode& node) {
    if (!node.super()) return take_away(node);
    Space& space = order.space(node);
    const PageTables::Spot spot = tables.find(space, node.va());
    const std::uint32_t status = *spot.entry & status_bits;
    tables.leave(space, node.va(), spot);
    forget(node);
    return status;
}

std::uint32_t Mappings::remove_part(MapNode& node, std::uint32_t part, bool& gone) {
    Space& space = order.space(node);
    const VAddr va = node.va() + part * ia32::page_size;
    const PageTables::Spot spot = tables.find(space, va);
    if (spot.kind != PageTables::Spot::Kind::part) return 0;
    const std::uint32_t status = *spot.entry & status_bits;
    gone = tables.leave(space, va, spot);
    if (gone) forget(node);
    return status;
}

std::uint32_t Mappings::downgrade(MapNode& node, std::uint32_t part, bool reset) {
    Space& space = order.space(node);
    const VAddr va = node.va() + part * ia32::page_size;
    const PageTables::Spot spot = tables.find(space, va);
    if (!spot.present()) return 0;
    const std::uint32_t before = *spot.entry;
    tables.change(space, va, *spot.entry, before & ~(ia32::writable | (reset ? status_bits : 0)));
    return before & status_bits;
}

std::uint32_t Mappings::used_part(const MapNode& super, std::uint32_t from, std::uint32_t end) const {
    if (super.fan_out().raw() == 0) return end;
    const std::uint32_t* const heads = pool_.at<std::uint32_t>(super.fan_out());
    return first_used(heads, from, end);
}

Status Mappings::make_fan_out(Space& space, MapNode& super) {
    super.set_fan_out(KTRY(space.account().take_frame()));
    ++space.frames_;
    return Done{};
}

void Mappings::drop_fan_out(Space& space, MapNode& super) {
    space.account().give_frame(super.fan_out(), Fill::zeros);
    super.set_fan_out(PAddr{});
    --space.frames_;
}

} // namespace kern
