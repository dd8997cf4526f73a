// SPDX-License-Identifier: BSD-2-Clause
#include "kern/preorder.h"

#include "kern/ensure.h"

namespace kern {

void Preorder::insert(std::uint32_t before, std::uint32_t after, TreeLink& l, TreeLink::Kind kind) const {
    ensure(!l.linked(), "put into a tree twice");
    const std::uint32_t self = ref(l);
    l.kind = kind;
    l.prev = before;
    l.next = after;
    set_next(before, self);
    set_prev(after, self);
}

void Preorder::remove(TreeLink& l) const {
    ensure(l.linked(), "removed from a tree without being in it");
    set_next(l.prev, l.next);
    set_prev(l.next, l.prev);
    l.next = l.prev = 0;
    l.kind = TreeLink::unlinked;
}

void Preorder::replace(TreeLink& old, TreeLink& fresh) const {
    insert_before(old, fresh, old.kind);
    remove(old);
}

void Preorder::set_next(std::uint32_t before, std::uint32_t value) const {
    if (before & from_word)
        *pool_.at<std::uint32_t>(PAddr{before & ~from_word}) = value;
    else if (before)
        at(before)->next = value;
}

} // namespace kern
