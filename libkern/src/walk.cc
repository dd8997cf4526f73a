// SPDX-License-Identifier: BSD-2-Clause
#include "kern/walk.h"

#include "kern/ensure.h"
#include "kern/space.h"

namespace kern {

void Walk::start(const Preorder& order, TreeLink& root, Rule rule) {
    cancel();
    order_ = &order;
    rule_ = rule;
    bound_ = hit_depth_ = root.depth;
    at_root_ = true;
    inside_ = rule.all;
    evict_ = paid_ = false;
    link_before(root, place_);
    link_after(root, end_);
    phase_ = Phase::examine;
}

void Walk::start_list(const Preorder& order, PAddr head, std::uint16_t depth, Rule rule) {
    cancel();
    order_ = &order;
    rule_ = rule;
    bound_ = hit_depth_ = depth;
    at_root_ = paid_ = false;
    inside_ = rule.all;
    evict_ = rule.all && rule.bottom_up;
    order.insert_first(head, place_, TreeLink::cursor);
    if (evict_) link_after(place_, end_);
    phase_ = evict_ ? Phase::extend : Phase::scan;
}

Walk::Visit Walk::next(Steps& steps) {
    if (!idle() && lost()) {
        cancel();
        return {.kind = Visit::Kind::lost};
    }
    Visit visit{.kind = Visit::Kind::more};
    for (bool going = true; going && !idle();) {
        switch (phase_) {
            case Phase::idle: break;
            case Phase::scan: going = step_scan(steps); break;
            case Phase::examine: going = examine(steps, visit); break;
            case Phase::extend: going = step_extend(steps); break;
            case Phase::back: going = back(steps, visit); break;
            case Phase::skip: going = step_skip(steps); break;
        }
    }
    if (idle()) return {.kind = Visit::Kind::done};
    return visit;
}

/// Between nodes: place_ is behind the last one.  False: out of steps.
inline bool Walk::step_scan(Steps& steps) {
    TreeLink* const n = order_->next(place_);
    if (!n || (n->is_node() && n->depth <= bound_)) {
        cancel();
        return true;
    }
    if (!steps.take()) return false;
    if (n->is_node()) {
        link_after(*n, end_);
        phase_ = Phase::examine;
    } else {
        link_after(*n, place_);
    }
    return true;
}

/// The node after place_ is looked at; nothing is ever inserted between them.  False: it is to be visited, or
/// there are no steps left.
inline bool Walk::examine(Steps& steps, Visit& visit) {
    TreeLink* const n = order_->next(place_);
    if (n == &end_) { // others removed it
        unlink(end_);
        at_root_ = false;
        phase_ = Phase::scan;
        return true;
    }
    if (!n->is_node()) {
        if (!steps.take()) return false;
        link_after(*n, place_);
        return true;
    }
    const bool hit = is_hit(*n);
    if (rule_.bottom_up && inside_) {
        phase_ = Phase::extend;
        return true;
    }
    visit = {.kind = Visit::Kind::node, .node = n, .hit = hit, .below = inside_};
    return false;
}

inline bool Walk::is_hit(const TreeLink& node) {
    if (at_root_) return rule_.hit_root;
    if (rule_.all) return true;
    if (inside_ && node.depth <= hit_depth_) inside_ = false;
    if (!inside_ && order_->space(node).task() == rule_.task) {
        inside_ = true;
        hit_depth_ = node.depth;
    }
    return inside_;
}

inline bool Walk::step_extend(Steps& steps) {
    TreeLink* const n = order_->next(end_);
    if (!n || (n->is_node() && n->depth <= hit_depth_)) {
        phase_ = Phase::back;
        return true;
    }
    if (!steps.take()) return false;
    link_after(*n, end_);
    return true;
}

/// All nodes of the hit subtree behind end_ are dealt with.
inline bool Walk::back(Steps& steps, Visit& visit) {
    TreeLink* const n = order_->prev(end_);
    ensure(n != nullptr, "a walk lost its start");
    if (n == &place_) {
        finish_segment();
        return true;
    }
    if (!paid_ && !steps.take()) return false;
    if (!n->is_node()) {
        paid_ = false;
        link_before(*n, end_);
        if (evict_) order_->remove(*n);
        return true;
    }
    paid_ = true;
    const bool spared = at_root_ && !rule_.hit_root && n->depth == hit_depth_;
    visit = {.kind = Visit::Kind::node, .node = n, .hit = !spared, .below = true};
    return false;
}

inline void Walk::finish_segment() {
    if (at_root_ || evict_) return cancel();
    unlink(end_);
    inside_ = false;
    phase_ = Phase::scan;
}

inline bool Walk::step_skip(Steps& steps) {
    TreeLink* const n = order_->next(place_);
    if (!n || (n->is_node() && n->depth <= hit_depth_)) {
        inside_ = false;
        phase_ = Phase::scan;
        return true;
    }
    if (!steps.take()) return false;
    link_after(*n, place_);
    return true;
}

void Walk::pass() {
    paid_ = false;
    if (phase_ == Phase::examine) {
        link_after(*order_->next(place_), place_);
        unlink(end_);
        at_root_ = false;
        phase_ = Phase::scan;
        return;
    }
    TreeLink& n = *order_->prev(end_);
    if (evict_ || n.depth != hit_depth_) return link_before(n, end_);
    if (at_root_) return cancel();
    link_after(n, place_);
    unlink(end_);
    phase_ = Phase::skip;
}

void Walk::cancel() {
    if (place_.linked()) unlink(place_);
    if (end_.linked()) unlink(end_);
    phase_ = Phase::idle;
}

/// Whether an evicting walk has thrown out one of the cursors.
inline bool Walk::lost() const {
    const bool two = phase_ == Phase::examine || phase_ == Phase::extend || phase_ == Phase::back;
    return !place_.linked() || (two && !end_.linked());
}

inline void Walk::link_after(TreeLink& where, Cursor& c) {
    if (c.linked()) order_->remove(c);
    order_->insert_after(where, c, TreeLink::cursor);
}

inline void Walk::link_before(TreeLink& where, Cursor& c) {
    if (c.linked()) order_->remove(c);
    order_->insert_before(where, c, TreeLink::cursor);
}

inline void Walk::unlink(Cursor& c) { order_->remove(c); }

} // namespace kern
