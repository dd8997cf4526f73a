// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/ensure.h"
#include "kern/frame_pool.h"
#include "kern/space.h"
#include "kern/tree_link.h"

namespace kern {

/// Trees as doubly linked lists: a node is followed by its descendants, newest child first, told apart by
/// depth. The subtree of R is the run of nodes after R that are deeper than R.  Every operation is O(1).
///
/// A list either begins with a word that refers to its first link (a fan-out's entry), or just begins.
class Preorder {
public:
    explicit Preorder(FramePool& pool) : pool_(pool) {}

    TreeLink* at(std::uint32_t ref) const { return ref ? pool_.at<TreeLink>(PAddr{ref}) : nullptr; }
    TreeLink* next(const TreeLink& l) const { return at(l.next); }
    TreeLink* prev(const TreeLink& l) const { return l.prev & from_word ? nullptr : at(l.prev); }
    TreeLink* first(PAddr head) const { return at(*pool_.at<std::uint32_t>(head)); }
    Space& space(const TreeLink& node) const { return *pool_.at<Space>(PAddr{node.space}); }

    void insert_after(TreeLink& where, TreeLink& l, TreeLink::Kind kind) const {
        insert(ref(where), where.next, l, kind);
    }
    void insert_before(TreeLink& where, TreeLink& l, TreeLink::Kind kind) const {
        insert(where.prev, ref(where), l, kind);
    }
    void insert_first(PAddr head, TreeLink& l, TreeLink::Kind kind) const {
        insert(head.raw() | from_word, *pool_.at<std::uint32_t>(head), l, kind);
    }
    /// `l` becomes a list of its own.
    void insert_alone(TreeLink& l) const { insert(0, 0, l, TreeLink::node); }
    void remove(TreeLink& l) const {
        ensure(l.linked(), "removed from a tree without being in it");
        set_next(l.prev, l.next);
        set_prev(l.next, l.prev);
        l.next = l.prev = 0;
        l.kind = TreeLink::unlinked;
    }
    /// `fresh` takes the place of `old`.
    void replace(TreeLink& old, TreeLink& fresh) const;

private:
    static constexpr std::uint32_t from_word = 1;

    std::uint32_t ref(const TreeLink& l) const { return pool_.of(&l).raw(); }
    void insert(std::uint32_t before, std::uint32_t after, TreeLink& l, TreeLink::Kind kind) const {
        ensure(!l.linked(), "put into a tree twice");
        const std::uint32_t self = ref(l);
        l.kind = kind;
        l.prev = before;
        l.next = after;
        set_next(before, self);
        set_prev(after, self);
    }
    void set_next(std::uint32_t before, std::uint32_t value) const {
        if (before & from_word)
            *pool_.at<std::uint32_t>(PAddr{before & ~from_word}) = value;
        else if (before)
            at(before)->next = value;
    }
    void set_prev(std::uint32_t after, std::uint32_t value) const {
        if (after) at(after)->prev = value;
    }

    FramePool& pool_;
};

} // namespace kern
