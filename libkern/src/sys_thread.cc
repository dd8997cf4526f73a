// SPDX-License-Identifier: BSD-2-Clause
// thread_switch and thread_schedule (docs/semantics.md 3.4, 3.5).
#include "kern/kernel.h"
#include "kern/timeout.h"
#include "l4/abi/thread.h"

namespace kern {

void Kernel::sys_thread_switch(Thread& t) {
    const l4_threadid_t id{t.frame.esi, 0};
    Thread* const to = partner(id);
    if (t.frame.eax != 0 || (!is_nil(id) && !to)) {
        t.frame.eax = L4_SWITCH_ERROR;
        return;
    }
    if (&t == scheduler_.donee()) scheduler_.end_donation();
    t.frame.eax = 0;
    t.frame.ecx = static_cast<std::uint32_t>(t.remaining_.raw());
    t.frame.edx = static_cast<std::uint32_t>(t.remaining_.raw() >> 32);
    if (is_nil(id)) {
        t.remaining_ = t.slice_;
        scheduler_.rotate(t);
    } else if (to != &t && to->ready()) {
        scheduler_.donate(t, *to);
    }
}

namespace {

std::uint32_t state_of(const Thread& t) {
    switch (t.wait().what) {
        case Wait::For::nothing: return t.op() == Op::transfer ? L4_STATE_SENDING : L4_STATE_RUNNING;
        case Wait::For::fault_of: return L4_STATE_SENDING;
        case Wait::For::transfer: return L4_STATE_RECEIVING;
        case Wait::For::send: return L4_STATE_PENDING_SEND;
        case Wait::For::stopped: return L4_STATE_STOPPED;
        case Wait::For::dead: return L4_STATE_DEAD;
        default: return L4_STATE_WAITING;
    }
}

} // namespace

/// Whom t's IPC is with, as thread_schedule tells it; nil for an open wait, a sleep, and outside IPC.
l4_threadid_t Kernel::ipc_partner(const Thread& t) const {
    switch (t.wait_.what) {
        case Wait::For::nothing: return t.op_ == Op::transfer ? report(t.transfer_.to->id()) : l4_nil_id();
        case Wait::For::send:
        case Wait::For::transfer:
        case Wait::For::fault_of: return report(t.wait_.with->id());
        case Wait::For::receive: return report(t.wait_.peer);
        case Wait::For::interrupt: return l4_irq_id(t.irq_line_.raw());
        default: return l4_nil_id();
    }
}

void Kernel::sys_thread_schedule(Thread& t) {
    const l4_threadid_t id{t.frame.esi, t.frame.edi};
    Thread* const to = is_nil(id) || is_invalid(id) || is_irq(id) ? nullptr : find(ThreadId::of(id));
    const std::uint32_t param = t.frame.eax;
    const bool query = param == L4_SCHED_QUERY;
    const std::uint32_t prio = param & L4_SCHED_PRIO_MASK;
    if (!to || to->prio_.raw() > t.mcp_ || (!query && (prio > t.mcp_ || (param & L4_SCHED_MODE_MASK) != 0))) {
        t.frame.eax = L4_SCHED_ERROR;
        return;
    }
    const l4_threadid_t preempter{t.frame.ebx, t.frame.ebp};
    const l4_threadid_t with = ipc_partner(*to);
    t.frame.eax = to->prio_.raw() | state_of(*to) << L4_SCHED_STATE_SHIFT | encode_slice(to->slice_);
    t.frame.ecx = static_cast<std::uint32_t>(to->consumed_.raw());
    t.frame.edx = static_cast<std::uint32_t>(to->consumed_.raw() >> 32) & 0xffff;
    t.frame.esi = with.low;
    t.frame.edi = with.high;
    t.frame.ebx = to->external_preempter_.low;
    t.frame.ebp = to->external_preempter_.high;
    if (query) return;
    set_prio(*to, Prio{static_cast<std::uint8_t>(prio)});
    to->slice_ = to->remaining_ = decode_slice(param);
    set_id(to->external_preempter_, preempter);
}

/// A ready thread whose priority changes goes to the tail of its new queue.
void Kernel::set_prio(Thread& t, Prio prio) {
    if (t.prio_ == prio) return;
    const bool queued = scheduler_.queued(t);
    scheduler_.unqueue(t);
    t.prio_ = prio;
    if (queued) scheduler_.enqueue_tail(t);
}

/// Stores an id argument as it was given, unless it is the keep marker or names nobody.
void Kernel::set_id(l4_threadid_t& field, l4_threadid_t id) const {
    if (!is_invalid(id) && (is_nil(id) || find(ThreadId::of(id)))) field = id;
}

} // namespace kern
