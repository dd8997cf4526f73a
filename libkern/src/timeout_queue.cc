// SPDX-License-Identifier: BSD-2-Clause
#include "kern/timeout_queue.h"

#include <utility>

namespace kern {
namespace {

bool before(const Timeout& a, const Timeout& b) {
    return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
}

std::uint32_t rank(const Timeout* t) { return t ? t->rank : 0; }

/// Restores "the left spine is at least as long" at `t`; true when t's rank changed.
bool settle(Timeout& t) {
    if (rank(t.left) < rank(t.right)) std::swap(t.left, t.right);
    const std::uint32_t r = rank(t.right) + 1;
    const bool changed = r != t.rank;
    t.rank = r;
    return changed;
}

void check_node(const Timeout& t) {
    const auto below = [&](const Timeout* child) {
        return !child || (child->parent == &t && before(t, *child));
    };
    ensure(below(t.left) && below(t.right), "K6: a timeout is earlier than the one above it");
    ensure(t.deadline != never && rank(t.left) >= rank(t.right) && t.rank == rank(t.right) + 1,
           "K6: timeout heap out of shape");
}

} // namespace

/// Goes down both right spines, each at most log2(n) + 1 long, and up what became of them.
Timeout* TimeoutQueue::merge(Timeout* a, Timeout* b) {
    Timeout *root = nullptr, *up = nullptr;
    for (Timeout** link = &root;; link = &up->right) {
        if (a && b && before(*b, *a)) std::swap(a, b);
        *link = a ? a : b;
        if (*link) (*link)->parent = up;
        if (!a || !b) break;
        up = a;
        a = a->right;
    }
    for (; up; up = up->parent) settle(*up);
    return root;
}

void TimeoutQueue::insert(Timeout& t, Micros deadline) {
    t.deadline = deadline;
    t.order = armed_ever_++;
    t.parent = t.left = t.right = nullptr;
    t.rank = 1;
    ++armed_;
    root_ = merge(root_, &t);
    root_->parent = nullptr;
}

void TimeoutQueue::remove(Timeout& t) {
    replace(t, merge(t.left, t.right));
    --armed_;
    t.deadline = never;
    t.parent = t.left = t.right = nullptr;
    t.rank = 0;
}

/// Puts `by` where `old` hangs.  Ranks above change only as long as each is one more than the last, so the
/// way up is at most log2(n) long.
void TimeoutQueue::replace(Timeout& old, Timeout* by) {
    Timeout* up = old.parent;
    if (by) by->parent = up;
    if (!up) {
        root_ = by;
        return;
    }
    (up->left == &old ? up->left : up->right) = by;
    while (up && settle(*up)) up = up->parent;
}

void TimeoutQueue::check() const {
    const Timeout* t = root_;
    while (t) { // preorder walk without a stack
        check_node(*t);
        if (t->left || t->right) {
            t = t->left ? t->left : t->right;
            continue;
        }
        while (t->parent && (t == t->parent->right || !t->parent->right)) t = t->parent;
        t = t->parent ? t->parent->right : nullptr;
    }
}

} // namespace kern
