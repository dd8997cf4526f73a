// SPDX-License-Identifier: BSD-2-Clause
// The rendezvous: how a sender meets a receiver (docs/semantics.md 7).  Messages of two registers are
// delivered here; all others are handed to transfer.cc.  A thread whose fault or exception is a message takes
// part like any other: its Fault says what it sends and how the answer is received.
#include "kern/kernel.h"
#include "kern/timeout.h"

namespace kern {

static_assert(static_cast<unsigned>(Fault::Kind::none) == L4_COUNT_SHORT &&
              static_cast<unsigned>(Fault::Kind::user) == L4_COUNT_FAULT &&
              static_cast<unsigned>(Fault::Kind::exception) == L4_COUNT_EXCEPTION_IPC &&
              static_cast<unsigned>(Fault::Kind::transfer) == L4_COUNT_TRANSFER_FAULT);

/// The living thread that an id names, as a partner of IPC; nullptr otherwise.
Thread* Kernel::partner(l4_threadid_t id) const {
    if (is_nil(id) || is_invalid(id) || is_irq(id)) return nullptr;
    Thread* const t = find(ThreadId::of(id));
    return t && !t->dead() && !t->task().dying() ? t : nullptr;
}

void Kernel::sys_ipc(Thread& t) {
    t.args_kept_ = false;
    const IpcArgs args = t.ipc_args();
    if (args.send)
        begin_send(t, args);
    else if (args.receive)
        begin_receive(t);
    else
        finish(t, L4_IPC_OK);
}

void Kernel::begin_send(Thread& t, const IpcArgs& args) {
    Thread* const to = receiver(args.partner);
    if (!to) return finish(t, L4_IPC_ENOT_EXISTENT);
    if (to->accepts(t)) {
        if (args.is_transfer()) {
            machine_.rest(); // lets one come, which is served at the end: a shorter way was tried before
            begin_transfer(t, *to);
            return run_transfer(t);
        }
        deliver(t, *to, args.no_switch ? Place::tail : Place::head);
        machine_.rest(); // lets one come: the receive phase takes as long
        if (Thread* const next = sent(t)) begin_receive(*next);
        return;
    }
    const Micros deadline = send_deadline(args.timeouts, args.partner.high, now_);
    if (expired(deadline)) return finish(t, L4_IPC_SETIMEOUT);
    block(t, {.what = Wait::For::send, .with = to}, deadline);
    to->senders.push_back(t);
}

/// The receive phase of t.  Taking a queued sender's message lets *it* enter its receive phase, and so on
/// down a chain: a loop, not recursion, for the stack is small; and at most `chain` links, for queues are
/// long.
void Kernel::begin_receive(Thread& t, std::uint32_t links_before) {
    Steps links{limits_.chain};
    links.pay(links_before);
    for (Thread* next = receive(t); next; next = receive(*next)) {
        if (!links.take()) {
            next->op_ = Op::receive_phase;
            return make_ready(*next, Place::tail);
        }
    }
}

/// Whom a message is for.  If its receive phase is due, because a chain was long, it comes now: a call's
/// partner finds the caller waiting.  That may be the thread's end.  It takes as long as a message, so
/// interrupts may come, which are served when the entry ends.
Thread* Kernel::receiver(l4_threadid_t id) {
    Thread* const to = partner(id);
    if (!to || to->op_ != Op::receive_phase) return to;
    machine_.rest();
    begin_receive(*to, 1);
    machine_.rest();
    return partner(id);
}

/// One receive phase: takes a message that waits already, or waits, or fails.  Returns the sender that goes
/// on with a receive phase of its own, if there is one.
Thread* Kernel::receive(Thread& t) {
    t.op_ = Op::none;
    if (t.fault_.any()) return receive_fault_answer(t);
    const IpcArgs args = t.ipc_args();
    if (!args.open) return receive_closed(t, args);
    if (t.irq_attached_ && irqs_[t.irq_line_].pending) {
        deliver_irq(t);
        return nullptr;
    }
    if (Thread* const from = t.senders.front()) return take(*from, t);
    const Micros deadline = receive_deadline(args.timeouts, args.partner.high, now_);
    if (expired(deadline))
        finish(t, L4_IPC_RETIMEOUT);
    else
        block(t, {.what = Wait::For::receive_any}, deadline);
    return nullptr;
}

Thread* Kernel::receive_closed(Thread& t, const IpcArgs& args) {
    const Micros deadline = receive_deadline(args.timeouts, args.partner.high, now_);
    if (is_irq(args.partner)) {
        receive_irq(t, args);
        return nullptr;
    }
    if (is_nil(args.partner)) {
        if (expired(deadline)) {
            detach_irq(t);
            finish(t, L4_IPC_RETIMEOUT);
        } else {
            block(t, {.what = Wait::For::sleep}, deadline);
        }
        return nullptr;
    }
    Thread* const from = partner(args.partner);
    if (!from) {
        finish(t, L4_IPC_ENOT_EXISTENT);
        return nullptr;
    }
    if (from->wait_.what == Wait::For::send && from->wait_.with == &t) return take(*from, t);
    if (expired(deadline))
        finish(t, L4_IPC_RETIMEOUT);
    else
        block(t, {.what = Wait::For::receive, .peer = from->id()}, deadline);
    return nullptr;
}

/// Receives the message of `from`, who is queued at `to`.  Returns `from` if it has a receive phase to go on
/// with.
Thread* Kernel::take(Thread& from, Thread& to) {
    machine_.rest(); // lets one come, which is served at the end: a link takes as long as a message
    leave_queue(from);
    if (!from.fault_.any() && from.ipc_args().is_transfer()) {
        begin_transfer(from, to);
        from.op_ = Op::transfer;
        make_ready(from, Place::tail);
        return nullptr;
    }
    deliver(from, to, Place::tail);
    return sent(from);
}

/// Moves a message of two words and lets the receiver go on.
void Kernel::deliver(Thread& from, Thread& to, Place place) {
    const bool faulting = from.fault_.any();
    ++machine_.event_counters().messages[static_cast<unsigned>(from.fault_.kind)];
    const std::uint32_t w0 = faulting ? from.fault_.w0 : from.ipc_args().w0;
    const std::uint32_t w1 = faulting ? from.fault_.w1 : from.ipc_args().w1;
    move_state(from, to, w0);
    if (to.fault_.any()) return fault_answered(to, w0, place);
    const l4_threadid_t id = report(from.id());
    to.frame.edx = w0;
    to.frame.ebx = w1;
    to.frame.esi = id.low;
    to.frame.edi = id.high;
    finish(to, l4_msgdope(L4_MSG_REGISTER_DWORDS, 0), place);
}

/// The send phase of `from` has succeeded.  Returns it if a receive phase follows; else its program goes on.
Thread* Kernel::sent(Thread& from) {
    if (from.fault_.any() || from.ipc_args().receive) return &from;
    finish(from, L4_IPC_OK);
    return nullptr;
}

} // namespace kern
