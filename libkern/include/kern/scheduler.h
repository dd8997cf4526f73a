// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include "kern/list.h"
#include "kern/thread.h"

namespace kern {

/// The ready threads: 256 FIFO queues and a bitmap of the non-empty ones.  Knows nothing of time or IPC;
/// every operation is O(1).  A running thread stays in its queue (docs/semantics.md 3).
class Scheduler {
public:
    Scheduler() = default;
    void enqueue_tail(Thread& t) {
        queues_[t.prio().raw()].push_back(t);
        mark(t.prio());
    }
    void enqueue_head(Thread& t) {
        queues_[t.prio().raw()].push_front(t);
        mark(t.prio());
    }
    void unqueue(Thread& t); ///< no effect when not queued
    void remove(Thread& t);  ///< the same, and ends a donation that t takes part in
    void rotate(Thread& t);  ///< to the tail of its queue
    /// `in`, of the same priority and not queued, takes the place of `out`.
    void replace(Thread& out, Thread& in) { queues_[in.prio().raw()].replace(out, in); }

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
    void end_donation() { donor_ = donee_ = nullptr; }
    Thread* donor() const { return donor_; }
    Thread* donee() const { return donee_; }

    template <class F>
    void for_each(Prio p, F visit) const {
        queues_[p.raw()].for_each(visit);
    }
    void check() const; ///< invariants K1, K2

private:
    friend struct Layout;
    /// Queue p has members.
    void mark(Prio p) {
        busy_[p.raw() / 32u] |= 1u << p.raw() % 32u;
        busy_words_ |= 1u << p.raw() / 32u;
    }
    void unmark_if_empty(Prio p);
    std::array<List<Thread, &Thread::ready_link>, 256> queues_;
    std::array<std::uint32_t, 8> busy_{}; ///< bit p%32 of word p/32: queue p is not empty
    std::uint32_t busy_words_ = 0;        ///< bit w: word w of busy_ is not zero
    Thread *donor_ = nullptr, *donee_ = nullptr;
};

} // namespace kern
