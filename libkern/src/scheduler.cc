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
    if (!t.ready_link.linked()) return;
    queues_[t.prio().raw()].remove(t);
    unmark_if_empty(t.prio());
}

void Scheduler::remove(Thread& t) {
    unqueue(t);
    if (&t == donor_ || &t == donee_) end_donation();
}

void Scheduler::rotate(Thread& t) {
    queues_[t.prio().raw()].remove(t);
    queues_[t.prio().raw()].push_back(t);
}

void Scheduler::donate(Thread& donor, Thread& donee) {
    ensure(donor.ready_link.linked() && donee.ready_link.linked() && &donor != &donee,
           "K2: donation needs two ready threads");
    donor_ = &donor;
    donee_ = &donee;
}

void Scheduler::check() const {
    for (std::uint32_t p = 0; p < queues_.size(); ++p) {
        const bool bit = busy_[p / 32] & 1u << p % 32;
        ensure(bit == !queues_[p].empty(), "K1: the bitmap does not tell which ready queues have members");
        queues_[p].for_each([&](const Thread& t) {
            ensure(t.prio().raw() == p && t.wait().what == Wait::For::nothing,
                   "K1: a waiting thread, or one of another priority, in a ready queue");
        });
    }
    ensure((donor_ == nullptr) == (donee_ == nullptr), "K2: half a donation");
    ensure(!donor_ || (donor_->ready_link.linked() && donee_->ready_link.linked()),
           "K2: donation between threads that are not ready");
}

} // namespace kern
