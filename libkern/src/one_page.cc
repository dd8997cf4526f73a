// SPDX-License-Identifier: BSD-2-Clause
// Jobs for one page, done at once where they are simple.
#include "one_page.h"

#include <algorithm>

#include "kern/map_db.h"

namespace kern {

namespace {

/// What a Walk from the children up would take away below a page: all, or what a task's filter hits.
class Branches {
public:
    /// The links from `first` on that are nodes deeper than `depth`.
    Branches(Mappings& mappings, const Walk::Rule& rule, TreeLink& first, std::uint16_t depth)
        : mappings_(mappings), rule_(rule), first_(first), depth_(depth) {}

    /// Counts the steps that the walk would take.  False: these are more than `most`, or another walk has a
    /// place in between.
    bool count(std::uint32_t most) {
        bool inside = rule_.all;
        std::uint16_t hit_depth = depth_;
        for (const TreeLink* l = &first_; l; l = mappings_.order.next(*l)) {
            if (!l->is_node()) return false;
            if (l->depth <= depth_) break;
            if (l->depth <= hit_depth) inside = false;
            if (!inside && is_hit(*l)) {
                inside = true;
                hit_depth = l->depth;
            }
            steps_ += inside ? 2 : 1;
            if (steps_ > most) return false;
        }
        return true;
    }
    std::uint32_t steps() const { return steps_; }

    /// Returns the or over the status bits of what is gone.
    std::uint32_t cut() {
        std::uint32_t status = 0;
        for (TreeLink* l = &first_; l && l->depth > depth_;) {
            if (!rule_.all && !is_hit(*l)) {
                l = mappings_.order.next(*l);
                continue;
            }
            const std::uint16_t bound = rule_.all ? depth_ : l->depth;
            TreeLink *last = l, *next = mappings_.order.next(*l);
            for (; next && next->depth > bound; next = mappings_.order.next(*next)) last = next;
            while (last != l) {
                TreeLink* const before = mappings_.order.prev(*last);
                status |= mappings_.remove(static_cast<MapNode&>(*last));
                last = before;
            }
            status |= mappings_.remove(static_cast<MapNode&>(*l));
            l = next;
        }
        return status;
    }

private:
    bool is_hit(const TreeLink& node) const { return mappings_.order.space(node).task() == rule_.task; }

    Mappings& mappings_;
    const Walk::Rule& rule_;
    TreeLink& first_;
    const std::uint16_t depth_;
    std::uint32_t steps_ = 0;
};

/// Pages that are mapped from several times.  Returns the steps; 0: these are more than `most`, or it is not
/// that simple.
[[gnu::noinline]] std::uint32_t cut_branches(Mappings& mappings, const Walk::Rule& rule, TreeLink& first,
                                             std::uint16_t depth, std::uint32_t most, std::uint32_t& status) {
    Branches branches(mappings, rule, first, depth);
    if (!branches.count(most)) return 0;
    status |= branches.cut();
    return branches.steps();
}

/// Mappings::flush(), compiled into its callers, for a rule that takes away.
[[gnu::always_inline]] inline bool flush_at(Mappings& mappings, const PageTables::Spot& spot, VAddr va,
                                            const Walk::Rule& rule, Steps& steps, std::uint32_t& status) {
    const Preorder& order = mappings.order;
    MapNode& page = *spot.node;
    const auto ends = [&](const TreeLink* l) { return !l || (l->is_node() && l->depth <= page.depth); };
    std::uint32_t needed = rule.all ? 1 : 0;
    TreeLink* child = order.next(page);
    if (spot.in_super()) {
        if (rule.hit_root || !ends(child)) return false;
        child = nullptr;
        if (page.fan_out().raw() != 0) {
            const std::uint32_t part = ia32::table_index(va.raw());
            if (part % UnmapJob::parts_per_step == 0) ++needed;
            child = order.first(Mappings::head(page, part));
        }
    }
    if (ends(child)) {
        if (steps.left() < needed) return false;
    } else if (child->is_node() && ends(order.next(*child))) { // most pages are mapped from once at most
        const bool hit = rule.all || order.space(*child).task() == rule.task;
        needed += hit ? 2 : 1;
        if (steps.left() < needed) return false;
        if (hit) status |= mappings.take_away(static_cast<MapNode&>(*child));
    } else {
        if (steps.left() <= needed) return false;
        const std::uint32_t more =
            cut_branches(mappings, rule, *child, page.depth, steps.left() - needed, status);
        if (more == 0) {
            mappings.tables.rest(); // they were counted in vain, and may be again by who takes the long way
            return false;
        }
        needed += more;
    }
    if (rule.hit_root) status |= mappings.take_away(page);
    steps.pay(needed);
    return true;
}

} // namespace

bool Mappings::flush(const PageTables::Spot& spot, VAddr va, const Walk::Rule& rule, Steps& steps,
                     std::uint32_t& status) {
    return flush_at(*this, spot, va, rule, steps, status);
}

std::uint32_t Mappings::flush_pages(Space& space, std::uint32_t at, std::uint32_t end, const Walk::Rule& rule,
                                    Steps& steps, std::uint32_t& status) {
    if (has_protected(VAddr{at})) return at;
    end = std::min(end, L4_UTCB_AREA & ia32::super_mask);
    Steps left = steps;
    std::uint32_t more = 0;
    for (; at < end && left.take(); at += ia32::page_size, steps = left) {
        const VAddr va{at};
        const PageTables::Spot spot = tables.look(space, va);
        if (spot.kind != PageTables::Spot::Kind::page || !flush_at(*this, spot, va, rule, left, more)) break;
    }
    status |= more;
    return at;
}

std::optional<std::uint32_t> MapDb::flush_page(Space& space, std::uint32_t fpage, std::uint32_t mask,
                                               std::uint32_t most) {
    Steps steps{most};
    const VAddr va{fpage & ia32::frame_mask};
    if ((mask & L4_FP_FLUSH) == 0 || l4_fpage_size(fpage) != ia32::page_shift || va >= user_end ||
        is_protected(va) || !steps.take())
        return {};
    const PageTables::Spot spot = mappings_.tables.look(space, va);
    std::uint32_t status = 0;
    if (spot.in_super() && !steps.take()) return {}; // as many as a job, which begins a walk
    if (spot.node && !flush_at(mappings_, spot, va, UnmapJob::rule(space, mask), steps, status)) return {};
    return status;
}

bool MapDb::map_page(Space& from, Space& to, std::uint32_t send, std::uint32_t snd_base,
                     std::uint32_t window) {
    using Kind = PageTables::Spot::Kind;
    const Fpage item(send), into(window);
    if (item.kind() != Fpage::Kind::memory || item.size_log2() != ia32::page_shift || item.grant() ||
        into.kind() != Fpage::Kind::memory)
        return false;
    const VAddr at{item.first()}, va{into.first() + (snd_base & into.offset_mask() & ia32::frame_mask)};
    if (va >= user_end || is_protected(va) || is_protected(at)) return false;
    const Mappings::Source source{from, at, mappings_.tables.look(from, at)};
    if (!source.spot.present() || (source.spot.node->super() && source.spot.node->fan_out().raw() == 0))
        return false;
    const PageTables::Spot there = mappings_.tables.look(to, va);
    if (there.kind != Kind::no_page || !to.account().has_node()) return false;
    return mappings_.map_beside(source, to, va, there, item.write());
}

} // namespace kern
