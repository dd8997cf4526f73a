// SPDX-License-Identifier: BSD-2-Clause
// The invariants M of docs/invariants.md.
#include <bit>

#include "kern/ensure.h"
#include "kern/fpage.h"
#include "kern/map_db.h"

namespace kern {

class Checker {
public:
    explicit Checker(const MapDb& db) : db_(db), tables_(db.mappings_.tables), order_(db.mappings_.order) {}
    void run();

private:
    using Spot = PageTables::Spot;
    struct Counts {
        std::uint32_t frames = 0, nodes = 0, regions = 0;
    };

    void check_space(const Space& space);
    void check_region(const Space& space, VAddr va, Counts& counts);
    void check_table(const Space& space, VAddr va, std::uint32_t shadow, Counts& counts);
    void check_split(const Space& space, VAddr va, std::uint32_t shadow, const MapNode& node);
    void check_node(const Space& space, VAddr va, const MapNode& node, Counts& counts);
    void check_place(const MapNode& node);
    void check_fan_out(const MapNode& super);
    void check_supers(const MapNode& parent, const MapNode& child);
    void check_child(const MapNode& parent, VAddr from, const MapNode& child, VAddr to);
    void check_ports(const Space& space);
    void check_account(const Account& account);
    Spot spot(const MapNode& node, VAddr va) const { return tables_.find(order_.space(node), va); }

    const MapDb& db_;
    const PageTables& tables_;
    const Preorder& order_;
    std::uint32_t in_spaces_ = 0, in_trees_ = 0; ///< nodes
};

void MapDb::check() const { Checker(*this).run(); }

void Checker::run() {
    db_.pool_.check();
    db_.spaces_.for_each([this](const Space& space) {
        check_space(space);
        check_ports(space);
        check_account(space.account());
    });
    ensure(in_spaces_ == in_trees_, "M4: a mapping is in no tree, or in a tree and no space");
}

void Checker::check_space(const Space& space) {
    Counts counts;
    const std::uint32_t* const entries = tables_.words(space.directory());
    const std::uint32_t* const shadows = tables_.words(space.shadow());
    for (std::uint32_t i = 0; i < ia32::directory_index(user_end.raw()); ++i)
        if ((entries[i] | shadows[i]) != 0) // most are empty
            check_region(space, VAddr{i << ia32::super_shift}, counts);
    if (space.io_.linked() && !space.io_.free) counts.frames += 2;
    ensure(counts.regions == space.regions_ && counts.nodes == space.nodes_ && counts.frames == space.frames_,
           "M3: a space miscounts what it holds");
    in_spaces_ += counts.nodes;
}

void Checker::check_region(const Space& space, VAddr va, Counts& counts) {
    const std::uint32_t entry = tables_.directory(space, va), shadow = tables_.shadow(space, va);
    ensure(entry != 0, "M1: an empty region has a shadow");
    constexpr std::uint32_t want = ia32::present | ia32::user;
    ensure((entry & want) == want && shadow != 0, "M1: a directory entry that users can not use");
    ++counts.regions;
    if ((entry & ia32::super) == 0) return check_table(space, va, shadow, counts);
    ensure((entry & ~ia32::super_mask & ia32::frame_mask) == 0, "M1: a 4 MiB page is not aligned");
    check_node(space, va, *tables_.find(space, va).node, counts);
}

void Checker::check_table(const Space& space, VAddr va, std::uint32_t shadow, Counts& counts) {
    counts.frames += 2;
    const std::uint32_t* const entries = tables_.words(PageTables::frame_of(tables_.directory(space, va)));
    const std::uint32_t* const shadows = tables_.words(PageTables::frame_of(shadow));
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < ia32::entries; ++i) {
        if ((entries[i] | shadows[i]) == 0) continue; // most are
        const VAddr page = va + i * ia32::page_size;
        const Spot s = tables_.find(space, page);
        used += *s.entry != 0;
        if (s.kind == Spot::Kind::page) check_node(space, page, *s.node, counts);
        ensure(s.kind != Spot::Kind::fixed || is_protected(page), "M1: a page without a node");
        ensure(s.kind != Spot::Kind::no_page, "M1: an empty entry has a shadow");
    }
    ensure(used != 0 && used == (shadow & PageTables::count_mask), "M3: a table miscounts its entries");
    const Spot first = tables_.find(space, va);
    if (!first.in_super()) return;
    check_split(space, va, shadow, *first.node);
    check_node(space, va, *first.node, counts);
}

/// One node for all parts, which lie where those of a 4 MiB page lie.
void Checker::check_split(const Space& space, VAddr va, std::uint32_t shadow, const MapNode& node) {
    const std::uint32_t* const shadows = tables_.words(PageTables::frame_of(shadow));
    bool known = false;
    PAddr base{};
    for (std::uint32_t i = 0; i < ia32::entries; ++i) {
        const Spot s = tables_.find(space, va + i * ia32::page_size);
        ensure(s.node == &node && (shadow & PageTables::split_bit), "M5: a split page has two nodes");
        ensure(i <= PageTables::base_of_split || shadows[i] == 0, "M5: a part of a split page has a shadow");
        if (s.kind != Spot::Kind::part) continue;
        const PAddr here{PageTables::frame(s, va).raw() - i * ia32::page_size};
        if (!known) base = here;
        known = true;
        ensure(here == base && here.raw() == shadows[PageTables::base_of_split] &&
                   (base.raw() & ~ia32::super_mask) == 0,
               "M5: a part of a split page is displaced");
    }
}

void Checker::check_node(const Space& space, VAddr va, const MapNode& node, Counts& counts) {
    ++counts.nodes;
    ensure(node.is_node() && node.va() == va && &order_.space(node) == &space,
           "M2: the mapping behind an address is another's");
    ensure(node.super() == tables_.find(space, va).in_super(), "M2: a mapping is of the wrong size");
    ensure(node.serial() != 0 && node.serial() <= db_.mappings_.serial_,
           "M6: a serial number that was never given");
    check_place(node);
    if (node.fan_out().raw() == 0) return;
    ++counts.frames;
    check_fan_out(node);
}

/// Within its list: neighbours, parent, and the run of a root.
void Checker::check_place(const MapNode& node) {
    const TreeLink* const next = order_.next(node);
    const TreeLink* const prev = order_.prev(node);
    ensure((!next || order_.prev(*next) == &node) && (!prev || order_.next(*prev) == &node),
           "M4: a list is broken");
    if (node.depth == 0) {
        ensure(node.parent_serial() == 0, "M6: a root has a parent");
        ++in_trees_;
        for (const TreeLink* l = next; l && (!l->is_node() || l->depth != 0); l = order_.next(*l))
            in_trees_ += l->is_node();
        return;
    }
    const TreeLink* l = prev;
    const TreeLink* begin = &node;
    while (l && (!l->is_node() || l->depth >= node.depth)) begin = l, l = order_.prev(*l);
    ensure(l || begin->prev != 0, "M4: a list without a root");
    if (!l) return; // a fan-out's list: check_fan_out() looks at it
    const MapNode& parent = static_cast<const MapNode&>(*l);
    ensure(parent.depth + 1 == node.depth && parent.serial() == node.parent_serial(),
           "M6: place and parent do not agree");
    if (node.super()) return check_supers(parent, node);
    ensure(!parent.super(), "M4: a 4 KiB page in a list of 4 MiB pages");
    check_child(parent, parent.va(), node, node.va());
}

void Checker::check_fan_out(const MapNode& super) {
    for (std::uint32_t part = 0; part < ia32::entries; ++part) {
        const VAddr from = super.va() + part * ia32::page_size;
        const TreeLink* before = nullptr;
        for (const TreeLink* l = order_.first(Mappings::head(super, part)); l;
             before = l, l = order_.next(*l)) {
            ensure(
                order_.prev(*l) == before && (before || l->prev == (Mappings::head(super, part).raw() | 1)),
                "M4: a list is broken");
            if (!l->is_node()) continue;
            ++in_trees_;
            const MapNode& node = static_cast<const MapNode&>(*l);
            ensure(!node.super() && node.depth > super.depth,
                   "M4: a fan-out's list has what is not below its page");
            if (node.depth != super.depth + 1) continue;
            ensure(node.parent_serial() == super.serial(), "M6: place and parent do not agree");
            check_child(super, from, node, node.va());
        }
    }
}

void Checker::check_supers(const MapNode& parent, const MapNode& child) {
    ensure(parent.super(), "M4: a 4 MiB page in a list of 4 KiB pages");
    const bool whole = spot(parent, parent.va()).kind == Spot::Kind::super &&
                       spot(child, child.va()).kind == Spot::Kind::super;
    for (std::uint32_t i = 0; i < (whole ? 1 : ia32::entries); ++i) {
        const std::uint32_t offset = i * ia32::page_size;
        if (spot(child, child.va() + offset).is_there())
            check_child(parent, parent.va() + offset, child, child.va() + offset);
    }
}

void Checker::check_child(const MapNode& parent, VAddr from, const MapNode& child, VAddr to) {
    const Spot above = spot(parent, from), below = spot(child, to);
    ensure(above.is_there() && PageTables::frame(above, from) == PageTables::frame(below, to),
           "M7: a page is mapped from another frame");
    ensure(!below.writable() || above.writable() || parent.narrowed || db_.unsettled_ != 0,
           "M8: a page has a right that its parent lacks");
}

void Checker::check_ports(const Space& space) {
    const IoRights& io = space.io_;
    if (!io.linked())
        return ensure(io.bitmap[0].raw() == 0 && io.bitmap[1].raw() == 0,
                      "M9: an I/O bitmap of a task without ports");
    const Space* const giver = io.giver ? db_.pool_.at<Space>(PAddr{io.giver}) : nullptr;
    std::uint32_t count = 0;
    for (std::uint32_t port = 0; port < 65536; port += 32) {
        const std::uint32_t held = db_.io_.held(space, port);
        count += static_cast<std::uint32_t>(std::popcount(held));
        ensure(!giver || (held & ~db_.io_.held(*giver, port)) == 0,
               "M10: a task has a port that its giver lacks");
    }
    ensure(count != 0 && count == io.count, "M9: a task miscounts its ports");
    const TreeLink* l = order_.prev(io);
    while (l && (!l->is_node() || l->depth >= io.depth)) l = order_.prev(*l);
    ensure(giver ? l == &giver->io_ && l->depth + 1 == io.depth : !l && io.depth == 0,
           "M10: a task is not below the giver of its ports");
}

void Checker::check_account(const Account& account) {
    std::uint32_t nodes = 0, frames = account.node_frames() + account.thread_frames();
    db_.spaces_.for_each([&](const Space& space) {
        if (&space.account() != &account) return;
        nodes += space.nodes();
        frames += space.frames() + 2;
    });
    ensure(nodes == account.nodes(), "M11: a mapping was paid by the wrong account");
    ensure(frames <= account.used() && account.used() <= account.limit(), "M11: an account is overdrawn");
}

} // namespace kern
