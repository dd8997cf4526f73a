// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/ensure.h"

namespace kern {

struct Layout; // offsets for a hardware layer's assembly

/// Hook for membership in at most one List<T, &T::hook> at a time.  Knows its owner, so that a list
/// needs no arithmetic on member pointers.
template <class T>
class Link {
public:
    explicit Link(T& owner) : owner_(&owner) {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { ensure(!linked(), "an object was destroyed while on a list"); }
    bool linked() const { return next_ != nullptr; }
    T& owner() const { return *owner_; }
    void set_owner(T& owner) { owner_ = &owner; } ///< while it is on a list, too

private:
    template <class U, Link<U> U::*>
    friend class List;
    friend struct Layout;
    Link() = default; // a list's head
    T* owner_ = nullptr;
    Link *next_ = nullptr, *prev_ = nullptr;
};

/// Circular intrusive FIFO.  Never allocates, never owns; every operation is O(1).  The hook is part of the
/// type, so a ready queue and a sender queue of the same Thread can not be mixed up.
template <class T, Link<T> T::*Hook>
class List {
public:
    List() { head_.next_ = head_.prev_ = &head_; }
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List() { head_.next_ = head_.prev_ = nullptr; }
    bool empty() const { return head_.next_ == &head_; }
    T* front() const { return head_.next_->owner_; }        ///< nullptr when empty
    T* next(T& t) const { return (t.*Hook).next_->owner_; } ///< nullptr after the last
    void push_back(T& t) { push_back(t.*Hook); }
    void push_front(T& t) { push_front(t.*Hook); }
    void push_back(Link<T>& l) { insert(l, *head_.prev_, head_); }
    void push_front(Link<T>& l) { insert(l, head_, *head_.next_); }
    void insert_after(T& t, T& where) { insert(t.*Hook, where.*Hook, *(where.*Hook).next_); }
    static void remove(T& t) { remove(t.*Hook); }
    static void remove(Link<T>& l) {
        ensure(l.linked(), "removed from a list without being on it");
        l.prev_->next_ = l.next_;
        l.next_->prev_ = l.prev_;
        l.next_ = l.prev_ = nullptr;
    }
    /// `to`, which is on no list, takes the place of `from`, which is on one.
    static void replace(Link<T>& from, Link<T>& to) {
        to.next_ = from.next_;
        to.prev_ = from.prev_;
        to.next_->prev_ = to.prev_->next_ = &to;
        from.next_ = from.prev_ = nullptr;
    }
    template <class F>
    void for_each(F visit) const {
        for (const Link<T>* l = head_.next_; l != &head_; l = l->next_) visit(*l->owner_);
    }

private:
    friend struct Layout;
    static void insert(Link<T>& l, Link<T>& before, Link<T>& after) {
        ensure(!l.linked(), "put on a list twice");
        l.prev_ = &before;
        l.next_ = &after;
        before.next_ = after.prev_ = &l;
    }
    Link<T> head_;
};

} // namespace kern
