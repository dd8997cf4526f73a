// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/ensure.h"
#include "kern/strong.h"

namespace kern {

class Thread;

/// Hook of a thread in the timeout queue: its deadline, and its place in the heap.
struct Timeout {
    explicit Timeout(Thread& t) : owner(&t) {}
    Timeout(const Timeout&) = delete;
    Timeout& operator=(const Timeout&) = delete;
    Thread* const owner;
    Micros deadline = never; ///< `never`: not armed
    std::uint64_t order = 0; ///< of two equal deadlines the one armed first expires first
    Timeout *parent = nullptr, *left = nullptr, *right = nullptr;
    std::uint32_t rank = 0; ///< length of the right spine; 0: not armed
    bool armed() const { return rank != 0; }
};

/// All armed timeouts, earliest first: an intrusive leftist heap.  Never allocates; arm, disarm and finding
/// the next one after an expiry take O(log n) steps, whatever was armed and disarmed before.
class TimeoutQueue {
public:
    TimeoutQueue() = default;
    TimeoutQueue(const TimeoutQueue&) = delete;
    TimeoutQueue& operator=(const TimeoutQueue&) = delete;
    void arm(Timeout& t, Micros deadline) { ///< pre: not armed; `never` leaves it so
        ensure(!t.armed(), "armed a timeout twice");
        if (deadline != never) insert(t, deadline);
    }
    void disarm(Timeout& t) { ///< no effect when not armed
        if (t.armed()) remove(t);
    }
    Timeout* first() const { return root_; }
    std::uint32_t count() const { return armed_; }
    Micros next() const { return root_ ? root_->deadline : never; }
    void check() const; ///< invariant K6

private:
    friend struct Layout;
    void insert(Timeout& t, Micros deadline);
    void remove(Timeout& t);
    static Timeout* merge(Timeout* a, Timeout* b);
    void replace(Timeout& old, Timeout* by);
    Timeout* root_ = nullptr;
    std::uint32_t armed_ = 0;
    std::uint64_t armed_ever_ = 0;
};

} // namespace kern
