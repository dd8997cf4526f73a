// SPDX-License-Identifier: BSD-2-Clause
// What is done to a single page, most often from a short way: here, so that it is compiled into that.
#pragma once
#include <new>

#include "kern/mappings.h"
#include "look.h"

namespace kern {

inline constexpr std::uint32_t user_page = ia32::present | ia32::user;
inline constexpr std::uint32_t status_bits = ia32::accessed | ia32::dirty;

/// The entry of a page that is mapped from there.
inline std::uint32_t Mappings::entry_from(const Source& from, bool write) {
    const std::uint32_t writes = write && from.spot.writable() ? std::uint32_t{ia32::writable} : 0u;
    return PageTables::frame(from.spot, from.va).raw() | user_page | writes;
}

inline Result<MapNode*> Mappings::make_node(Space& space, VAddr va, bool super) {
    if (serial_ == MapNode::max_serial)
        return Err::no_memory; // after nine years at one mapping per microsecond
    void* const slot = KTRY(space.account().take_node());
    ++space.nodes_;
    return new (slot) MapNode(pool_.of(&space).raw(), va, super, ++serial_);
}

inline void Mappings::give_node(MapNode& node) {
    Space& space = order.space(node);
    node.~MapNode();
    space.account().give_node(&node);
    --space.nodes_;
}

/// Before the child is linked: the new mapping is the youngest of its parent.
inline void Mappings::adopt(MapNode& parent, VAddr from, MapNode& child) {
    child.depth = static_cast<std::uint16_t>(parent.depth + 1);
    child.set_parent(parent.serial());
    if (parent.super() && !child.super())
        order.insert_first(head(parent, ia32::table_index(from.raw())), child, TreeLink::node);
    else
        order.insert_after(parent, child, TreeLink::node);
}

/// The node's last entry is gone.
inline void Mappings::forget(MapNode& node) {
    Space& space = order.space(node);
    if (node.fan_out().raw() != 0) drop_fan_out(space, node);
    order.remove(node);
    give_node(node);
}

/// map(), where the receiver has all that it takes.
[[gnu::always_inline]] inline bool Mappings::map_beside(const Source& from, Space& to, VAddr va,
                                                        const PageTables::Spot& empty, bool write) {
    MapNode& parent = *from.spot.node;
    if (parent.depth == MapNode::max_depth) return false;
    const Result<MapNode*> node = make_node(to, va, false);
    if (!node.ok()) return false;
    tables.enter(empty, entry_from(from, write), **node);
    adopt(parent, from.va, **node);
    return true;
}

/// remove() of a 4 KiB page.
inline std::uint32_t Mappings::take_away(MapNode& page) {
    Space& space = order.space(page);
    const std::uint32_t entry = tables.leave_page(space, page.va());
    order.remove(page);
    give_node(page);
    return entry & status_bits;
}

} // namespace kern
