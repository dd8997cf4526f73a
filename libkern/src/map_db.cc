// SPDX-License-Identifier: BSD-2-Clause
#include "kern/map_db.h"

#include "kern/ensure.h"
#include "kern/fpage.h"
#include "look.h"

namespace kern {

MapDb::MapDb(arch::Machine& machine, FramePool& pool, const KernelImage& image)
    : mappings_(machine, pool),
      io_(machine, pool, mappings_.order, mappings_.tables),
      pool_(pool),
      image_(image) {
    if (image.directory.raw() == 0) return;
    const std::uint32_t* const entries = pool.at<std::uint32_t>(image.directory);
    std::uint32_t end = ia32::entries;
    while (end != 0 && entries[end - 1] == 0) --end;
    pool.set_directory(image.directory, ia32::directory_index(user_end.raw()), end);
}

void MapDb::init(Space& space, PAddr directory, PAddr shadow, Account& account, TaskNo task) {
    space.directory_ = directory;
    space.shadow_ = shadow;
    space.account_ = &account;
    space.task_ = task;
    space.io_.space = pool_.of(&space).raw();
    spaces_.push_back(space);
}

void MapDb::retire(Space& space) {
    ensure(space.regions_ == 0 && space.nodes_ == 0 && space.frames_ == 0,
           "a space ended that was not empty");
    ensure(!active(space), "the active space ended");
    spaces_.remove(space);
}

Status MapDb::sigma0_fault(Space& sigma0, VAddr va) {
    const auto overlaps = [&](std::uint32_t first, std::uint32_t size) {
        const auto meets = [&](PAddr from, PAddr end) {
            return first < end.raw() && from.raw() < first + size;
        };
        return meets(pool_.begin(), pool_.end()) || meets(image_.first, image_.end);
    };
    const std::uint32_t region = va.raw() & ia32::super_mask, page = va.raw() & ia32::frame_mask;
    if (va >= user_end || is_protected(va) || overlaps(page, ia32::page_size)) return Err::invalid;
    const PageTables::Spot spot = mappings_.tables.find(sigma0, va);
    if (spot.is_there() || spot.in_super()) return mappings_.restore_root(sigma0, va, spot);
    const bool whole = spot.kind == PageTables::Spot::Kind::no_region && !has_protected(va) &&
                       !overlaps(region, ia32::super_size);
    const std::uint32_t at = whole ? region : page;
    return mappings_.map_root(sigma0, VAddr{at}, PAddr{at}, whole);
}

Status MapDb::fix(Space& space, VAddr va, std::span<const PAddr> frames, Access access) {
    ensure(is_protected(va), "only protected pages are fixed");
    KTRY(mappings_.tables.make_table(space, va));
    const std::uint32_t write = access == Access::write ? std::uint32_t{ia32::writable} : 0u;
    mappings_.tables.enter_fixed(space, va, frames, ia32::present | ia32::user | write);
    return Done{};
}

void MapDb::unfix(Space& space, VAddr va) {
    const PageTables::Spot spot = mappings_.tables.find(space, va);
    if (spot.kind == PageTables::Spot::Kind::fixed) mappings_.tables.leave(space, va, spot);
}

bool MapDb::holds_ports(const Space& space, std::uint32_t port, std::uint32_t count) const {
    for (std::uint32_t p = port; p != port + count; ++p)
        if (p >= IoTree::ports || !io_.holds(space, p)) return false;
    return true;
}

std::optional<MapDb::Page> MapDb::page(const Space& space, VAddr va) const {
    const PageTables::Spot spot = mappings_.tables.find(space, va);
    if (!spot.is_there()) return {};
    const std::uint32_t entry = *spot.entry;
    Page page{.frame = PageTables::frame(spot, va),
              .super = spot.in_super(),
              .split = spot.kind == PageTables::Spot::Kind::part,
              .fan_out = spot.node && spot.node->fan_out().raw() != 0,
              .writable = spot.writable(),
              .accessed = (entry & ia32::accessed) != 0,
              .dirty = (entry & ia32::dirty) != 0};
    if (const MapNode* const parent = spot.node ? parent_of(*spot.node) : nullptr) {
        page.has_parent = true;
        page.parent = mappings_.order.space(*parent).task();
        page.parent_va = parent->va();
        if (parent->super()) page.parent_va = page.parent_va + (page.frame.raw() & ~ia32::super_mask);
    }
    return page;
}

MapDb::Origin MapDb::origin(const Space& space, VAddr va) const {
    const PageTables::Spot spot = mappings_.tables.find(space, va);
    if (!spot.node) return {};
    const bool split = spot.in_super() && spot.kind != PageTables::Spot::Kind::super;
    return {spot.node->serial(), spot.node->parent_serial(), split, spot.node->fan_out().raw() != 0};
}

/// The nearest shallower node before it; or, when its list begins with a fan-out's word, that fan-out's 4 MiB
/// page.
const MapNode* MapDb::parent_of(const MapNode& node) const {
    if (node.depth == 0) return nullptr;
    for (const TreeLink* l = mappings_.order.prev(node); l; l = mappings_.order.prev(*l))
        if (l->is_node() && l->depth < node.depth) return static_cast<const MapNode*>(l);
    const MapNode* parent = nullptr;
    spaces_.for_each([&](const Space& space) {
        VAddr va = mappings_.tables.next_region(space, VAddr{0});
        for (; va < user_end && !parent; va = mappings_.tables.next_region(space, va + ia32::super_size)) {
            const PageTables::Spot spot = mappings_.tables.find(space, va);
            if (spot.in_super() && spot.node->serial() == node.parent_serial()) parent = spot.node;
        }
    });
    return parent;
}

} // namespace kern
