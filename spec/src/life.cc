// SPDX-License-Identifier: BSD-2-Clause
// Threads come and go (semantics 7.8, 7.9, 9.13).
#include <algorithm>

#include "l4/abi/ipc.h"
#include "spec/system.h"

namespace spec {

/// False when the task's account can not pay.
bool System::create_thread(ThreadName name, const Thread& initial) {
    if (!memory_.accounts.pay(memory_.account_of(name.task), {.threads = 1})) {
        return false;
    }
    threads_[name] = initial;
    auto& present = tasks_.at(name.task).present;
    present.insert(name.lthread == 0 ? present.begin() : present.end(), name);
    if (!initial.dead) {
        make_ready(name, Place::tail);
    }
    return true;
}

/// 9.13
void System::kill(ThreadName name) {
    cancel_ipc(name);
    detach_irqs(name);
    block(name);
    Thread& t = thread(name);
    t.dead = true;
    t.stopped = t.stop = false;
    t.reflection = t.after_call = t.executing = 0;
    t.triggered = t.time_fault = false;
    t.time_limit.reset();
}

/// 7.9
void System::delete_thread(ThreadName name) {
    const auto& queue = thread(name).senders;
    while (!queue.empty()) {
        const ThreadName sender = queue.front();
        if (const auto fault = thread(sender).fault) {
            withdraw_fault(sender);
            no_pager(sender, fault->kind);
        } else {
            leave_sender_queue(sender);
            finish(sender, L4_IPC_ENOT_EXISTENT);
        }
    }
    kill(name);
    if (donation_ && (donation_->first == name || donation_->second == name)) {
        donation_.reset();
    }
    threads_.erase(name);
    auto& present = tasks_.at(name.task).present;
    present.erase(std::find(present.begin(), present.end(), name));
    memory_.accounts.refund(memory_.account_of(name.task), {.threads = 1});
}

/// Ends whatever IPC a thread is in (6.4, 7.8).
void System::cancel_ipc(ThreadName name) {
    const Thread& t = thread(name);
    switch (t.stage) {
        case Thread::Stage::driver:
        case Thread::Stage::partner:
            return end_transfer(transfer_of(name), L4_IPC_REABORTED, L4_IPC_SEABORTED);
        case Thread::Stage::send: leave_sender_queue(name); return finish(name, L4_IPC_SECANCELED);
        case Thread::Stage::receive: return finish(name, L4_IPC_RECANCELED);
        case Thread::Stage::none: break;
    }
    if (t.fault) { // of user mode, or an exception
        withdraw_fault(name);
        make_ready(name, Place::tail);
    }
}

} // namespace spec
