// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include "kern/list.h"
#include "kern/thread.h"

namespace kern {

/// The ready threads: 256 FIFO queues and a bitmap of the non-empty ones; and the running one.  Knows nothing
/// of time or IPC; every operation is O(1).
///
/// A running thread stays in its queue (docs/semantics.md 3), by a hook that is the scheduler's own: so
/// whoever runs in its place, with the same priority, has its place there.
class Scheduler {
public:
    explicit Scheduler(Thread& running) : running_(running) {}
    ~Scheduler() { unqueue(running()); } // the hook is a part of it
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    Thread& running() const { return running_.owner(); }
    /// `next` runs; both that one and who ran before stay where they are in their queues, or in none.
    void run(Thread& next) {
        Thread& before = running();
        if (&before == &next) return;
        if (running_.linked()) Queue::replace(running_, before.ready_link);
        running_.set_owner(next);
        if (next.ready_link.linked()) Queue::replace(next.ready_link, running_);
    }
    /// `next`, of the same priority and not queued, runs in the place of the running thread, which leaves its
    /// queue.
    void run_instead(Thread& next) { running_.set_owner(next); }

    bool queued(const Thread& t) const {
        return &t == &running() ? running_.linked() : t.ready_link.linked();
    }
    void enqueue_tail(Thread& t) {
        queues_[t.prio().raw()].push_back(link(t));
        mark(t.prio());
    }
    void enqueue_head(Thread& t) {
        queues_[t.prio().raw()].push_front(link(t));
        mark(t.prio());
    }
    void unqueue(Thread& t); ///< no effect when not queued
    void remove(Thread& t);  ///< the same, and ends a donation that t takes part in
    void rotate(Thread& t);  ///< to the tail of its queue

    /// The thread that the plain rule runs: head of the highest queue; nullptr when nothing is ready.
    Thread* highest() const {
        if (busy_words_ == 0) return nullptr;
        const int word = 31 - std::countl_zero(busy_words_);
        const int bit = 31 - std::countl_zero(busy_[static_cast<unsigned>(word)]);
        return queues_[static_cast<unsigned>(word * 32 + bit)].front();
    }
    /// The thread to run: the donee while highest() is its donor.  Ends a donation that no longer holds.
    Thread* pick() {
        Thread* const plain = highest();
        if (!donor_) [[likely]]
            return plain;
        if (plain == donor_) return donee_;
        end_donation();
        return plain;
    }

    void donate(Thread& donor, Thread& donee);
    void end_donation() {
        if (donee_) donee_->is_donee_ = false;
        donor_ = donee_ = nullptr;
    }
    Thread* donor() const { return donor_; }
    Thread* donee() const { return donee_; }

    template <class F>
    void for_each(Prio p, F visit) const {
        queues_[p.raw()].for_each(visit);
    }
    void check() const; ///< invariants K1, K2

private:
    friend struct Layout;
    friend struct Saboteur; // tests that break an invariant to see it caught
    using Queue = List<Thread, &Thread::ready_link>;
    Link<Thread>& link(Thread& t) { return &t == &running() ? running_ : t.ready_link; }
    /// Queue p has members.
    void mark(Prio p) {
        busy_[p.raw() / 32u] |= 1u << p.raw() % 32u;
        busy_words_ |= 1u << p.raw() / 32u;
    }
    void unmark_if_empty(Prio p);
    Link<Thread> running_; ///< the running thread's, in place of its own
    std::array<Queue, 256> queues_;
    std::array<std::uint32_t, 8> busy_{}; ///< bit p%32 of word p/32: queue p is not empty
    std::uint32_t busy_words_ = 0;        ///< bit w: word w of busy_ is not zero
    Thread *donor_ = nullptr, *donee_ = nullptr;
};

} // namespace kern
