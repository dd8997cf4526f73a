// SPDX-License-Identifier: BSD-2-Clause
// The two phases of ipc and messages in registers (semantics 7.1 to 7.5).
#include "l4/abi/ipc.h"

#include <algorithm>
#include <cstddef>

#include "spec/system.h"
#include "spec/times.h"

namespace spec {
namespace {

constexpr Word register_dope = l4_msgdope(L4_MSG_REGISTER_DWORDS, 0);

bool is_transfer(const IpcCall& call) { return (call.send & (L4_SND_BUFFER_MASK | L4_SND_MAP)) != 0; }

bool is_open(const IpcCall& call) { return (call.receive & L4_RCV_OPEN) != 0; }

} // namespace

void System::sys_ipc(ThreadName self) {
    Thread& t = thread(self);
    const Registers& r = t.registers;
    t.call = {.send = r.eax,
              .receive = r.ebp,
              .timeouts = r.ecx,
              .partner = {r.esi, r.edi},
              .w0 = r.edx,
              .w1 = r.ebx};
    if (t.call.send != L4_IPC_NO_SEND) {
        send_phase(self);
    } else {
        send_done(self);
    }
}

/// 7.2: does the receiver wait for a message of this sender?
bool System::accepts(ThreadName receiver, ThreadName sender) const {
    const Thread& r = thread(receiver);
    if (receiver == sender || r.dead) {
        return false;
    }
    if (r.fault) {
        return r.fault->sent && r.fault->pager == sender;
    }
    return r.stage == Thread::Stage::receive && (is_open(r.call) || find(r.call.partner) == sender);
}

/// 7.1, 7.2.  The sender is current.
void System::send_phase(ThreadName self) {
    Thread& t = thread(self);
    const auto partner = find_live(t.call.partner);
    if (!partner) {
        return finish(self, L4_IPC_ENOT_EXISTENT);
    }
    if (accepts(*partner, self)) {
        if (is_transfer(t.call)) {
            begin_transfer(self, *partner);
            return drive(self);
        }
        const bool deceit = (t.call.send & L4_SND_DECEIT) != 0;
        deliver(*partner, register_dope, t.call.w0, t.call.w1, self, deceit ? Place::tail : Place::head);
        return send_done(self);
    }
    const Deadline deadline = send_deadline(t.call, now_);
    if (is_zero(deadline)) {
        return finish(self, L4_IPC_SETIMEOUT);
    }
    t.stage = Thread::Stage::send;
    thread(*partner).senders.push_back(self);
    block(self);
    arm(self, deadline);
}

/// The send part has succeeded, or there is none.
void System::send_done(ThreadName sender) {
    if (thread(sender).call.receive == L4_IPC_NO_RECV) {
        return finish(sender, L4_IPC_OK);
    }
    receive_phase(sender);
}

/// 7.3.  The receiver is current, or a sender whose message has just been taken.
void System::receive_phase(ThreadName self) {
    Thread& t = thread(self);
    if (!is_open(t.call)) {
        return receive_closed(self);
    }
    if (const auto line = attached_line(self); line && irqs_.at(*line).pending) {
        return deliver_irq(self, *line);
    }
    if (!t.senders.empty()) {
        return take_message(self, t.senders.front());
    }
    wait_to_receive(self);
}

void System::receive_closed(ThreadName self) {
    Thread& t = thread(self);
    if (t.call.partner.is_nil()) {
        if (is_zero(receive_deadline(t.call, now_))) {
            detach_irqs(self);
        }
        return wait_to_receive(self);
    }
    if (const auto line = irq_line(t.call.partner)) {
        return receive_irq(self, *line);
    }
    const auto partner = find_live(t.call.partner);
    if (!partner) {
        return finish(self, L4_IPC_ENOT_EXISTENT);
    }
    if (std::count(t.senders.begin(), t.senders.end(), *partner) != 0) {
        return take_message(self, *partner);
    }
    wait_to_receive(self);
}

void System::wait_to_receive(ThreadName self) {
    Thread& t = thread(self);
    const Deadline deadline = receive_deadline(t.call, now_);
    if (is_zero(deadline)) {
        return finish(self, L4_IPC_RETIMEOUT);
    }
    t.stage = Thread::Stage::receive;
    block(self);
    arm(self, deadline);
}

/// The message of a thread that is queued at `self`.  7.4: the receiver first, then the sender goes on.
void System::take_message(ThreadName self, ThreadName sender) {
    leave_sender_queue(sender);
    Thread& s = thread(sender);
    if (s.fault) { // its time goes on (7.7)
        deliver(self, register_dope, s.fault->w0, s.fault->w1, sender, Place::tail);
        return wait_for_answer(sender);
    }
    disarm(sender);
    if (is_transfer(s.call)) { // 7.5: driven when the sender runs
        begin_transfer(sender, self);
        s.wants_resume = true;
        return make_ready(sender, Place::tail);
    }
    s.stage = Thread::Stage::none;
    deliver(self, register_dope, s.call.w0, s.call.w1, sender, Place::tail);
    send_done(sender);
}

/// A message is complete (7.4).
void System::deliver(ThreadName to, Word dope, Word w0, Word w1, ThreadName from, Place place) {
    Thread& t = thread(to);
    const auto& message = thread(from).fault;
    if (message && message->with_state) { // 12.2
        store_state(thread(from), to, utcb_word(to, offsetof(l4_utcb_t, rcv_size)));
    }
    if (t.fault) {
        return answer_fault(to, from, w0, place);
    }
    if (!message) {
        copy_words(from, to);
    }
    const Id sender = reported(from);
    t.registers.edx = w0;
    t.registers.ebx = w1;
    t.registers.esi = sender.low;
    t.registers.edi = sender.high;
    finish(to, dope, place);
}

/// The ipc call ends and the thread goes on in user mode.
void System::finish(ThreadName name, Word eax, Place place) {
    Thread& t = thread(name);
    t.registers.eax = eax;
    t.stage = Thread::Stage::none;
    t.wants_resume = false;
    disarm(name);
    call_is_over(t);
    make_ready(name, place);
}

/// Off the queue of the thread that it sends to, whether for itself or with a fault.
void System::leave_sender_queue(ThreadName name) {
    const Thread& t = thread(name);
    const ThreadName partner = t.fault ? t.fault->pager : *find(t.call.partner);
    auto& queue = thread(partner).senders;
    queue.erase(std::find(queue.begin(), queue.end(), name));
}

} // namespace spec
