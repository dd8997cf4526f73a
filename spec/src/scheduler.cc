// SPDX-License-Identifier: BSD-2-Clause
// Who runs (semantics 1.2, 1.3, 3.1 to 3.4).
#include <algorithm>

#include "l4/abi/types.h"
#include "spec/system.h"

namespace spec {

/// Whose slice is being used up: the donor's while a donation lasts.
ThreadName System::slice_owner() const { return donation_ ? donation_->first : current_; }

/// 1.2
void System::charge(Time passed) {
    if (current_.is_none()) {
        return;
    }
    thread(current_).consumed += passed;
    Thread& owner = thread(slice_owner());
    owner.remaining -= std::min(owner.remaining, passed);
}

/// 3.2
void System::make_ready(ThreadName name, Place place) {
    Thread& t = thread(name);
    if (t.ready) {
        return;
    }
    t.ready = true;
    auto& queue = ready_[t.prio];
    queue.insert(place == Place::head ? queue.begin() : queue.end(), name);
}

void System::block(ThreadName name) {
    Thread& t = thread(name);
    if (!t.ready) {
        return;
    }
    t.ready = false;
    auto& queue = ready_.at(t.prio);
    queue.erase(std::find(queue.begin(), queue.end(), name));
    if (queue.empty()) {
        ready_.erase(t.prio);
    }
}

void System::to_tail(ThreadName name) {
    block(name);
    make_ready(name, Place::tail);
}

/// 3.1, 3.4
void System::dispatch() {
    const ThreadName plain = ready_.empty() ? nobody : ready_.begin()->second.front();
    if (donation_ && (donation_->first != plain || !thread(donation_->second).ready)) {
        donation_.reset();
    }
    current_ = donation_ ? donation_->second : plain;
    if (!current_.is_none()) {
        before_user_mode(thread(current_), current_.task);
    }
}

/// 15.2, 17.1
void System::before_user_mode(Thread& t, TaskNo task) {
    if (t.wants_resume) {
        return;
    }
    if (t.time_limit && *t.time_limit <= now_) {
        t.time_limit.reset();
        t.time_fault = true;
    }
    if ((t.registers.eflags & eflags_iopl) != 0 && !memory_.has_all_ports(task)) {
        t.registers.eflags = (t.registers.eflags & ~eflags_iopl) | eflags_always;
    }
}

/// The second part of a timer event (1.3).
void System::end_slice() {
    const ThreadName owner = slice_owner();
    Thread& t = thread(owner);
    if (t.slice == 0 || t.remaining != 0) {
        return;
    }
    t.remaining = t.slice;
    to_tail(owner);
    donation_.reset();
}

/// 1.3
std::optional<Time> System::timer() const {
    Deadline armed;
    if (!deadlines_.empty()) {
        armed = deadlines_.begin()->when;
    }
    if (!current_.is_none() && thread(slice_owner()).slice != 0) {
        const Time end = now_ + thread(slice_owner()).remaining;
        armed = armed ? std::min(*armed, end) : end;
    }
    if (!current_.is_none() && thread(current_).time_limit && !in_kernel(thread(current_))) {
        const Time limit = *thread(current_).time_limit;
        armed = armed ? std::min(*armed, limit) : limit;
    }
    return armed;
}

/// 3.4
void System::sys_thread_switch(ThreadName self) {
    Thread& me = thread(self);
    const Id destination{me.registers.esi, 0};
    const auto target = find_live(destination);
    if (me.registers.eax != 0 || (!target && !destination.is_nil())) {
        me.registers.eax = L4_WORD_NONE;
        return;
    }
    if (donation_ && donation_->second == self) {
        donation_.reset();
    }
    const Time left = me.slice == 0 ? ~Time{0} : me.remaining;
    me.registers.eax = 0;
    me.registers.ecx = static_cast<Word>(left);
    me.registers.edx = static_cast<Word>(left >> 32);
    if (destination.is_nil()) {
        me.remaining = me.slice;
        to_tail(self);
    } else if (*target != self && thread(*target).ready) {
        donation_ = {self, *target};
    }
}

} // namespace spec
