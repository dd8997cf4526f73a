// SPDX-License-Identifier: BSD-2-Clause
#include "kern/scheduler.h"

namespace kern {

void Scheduler::unmark_if_empty(Prio p) {
    if (!queues_[p.raw()].empty()) return;
    const std::uint32_t word = p.raw() / 32u;
    busy_[word] &= ~(1u << p.raw() % 32u);
    if (busy_[word] == 0) busy_words_ &= ~(1u << word);
}

void Scheduler::unqueue(Thread& t) {
    if (!queued(t)) return;
    Queue::remove(link(t));
    unmark_if_empty(t.prio());
}

void Scheduler::remove(Thread& t) {
    unqueue(t);
    if (&t == donor_ || &t == donee_) end_donation();
}

void Scheduler::rotate(Thread& t) {
    Queue::remove(link(t));
    queues_[t.prio().raw()].push_back(link(t));
}

void Scheduler::donate(Thread& donor, Thread& donee) {
    ensure(queued(donor) && queued(donee) && &donor != &donee, "K2: donation needs two ready threads");
    end_donation();
    donor_ = &donor;
    donee_ = &donee;
    donee.is_donee_ = true;
}

void Scheduler::check() const {
    for (std::uint32_t p = 0; p < queues_.size(); ++p) {
        const bool bit = busy_[p / 32] & 1u << p % 32;
        ensure(bit == !queues_[p].empty(), "K1: the bitmap does not tell which ready queues have members");
        queues_[p].for_each([&](const Thread& t) {
            ensure(t.prio().raw() == p && t.wait().what == Wait::For::nothing,
                   "K1: a waiting thread, or one of another priority, in a ready queue");
            ensure(t.is_donee_ == (&t == donee_), "K2: a thread does not know whether it is a donee");
        });
    }
    ensure(!running().ready_link.linked(), "K1: the running thread is in its queue by a hook of its own");
    ensure((donor_ == nullptr) == (donee_ == nullptr), "K2: half a donation");
    ensure(!donor_ || (queued(*donor_) && queued(*donee_)),
           "K2: donation between threads that are not ready");
}

} // namespace kern
