// SPDX-License-Identifier: BSD-2-Clause
// Threads come and go; lthread_ex_regs (semantics 6, 7.8, 7.9, 9.13).
#include <algorithm>

#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
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
    thread(name).dead = true;
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

/// 6.1, 6.2
void System::sys_ex_regs(ThreadName self) {
    const Registers in = thread(self).registers;
    const Word task = (in.eax & L4_EX_REGS_TASK_MASK) >> L4_EX_REGS_TASK_SHIFT;
    if (task != 0 && task != self.task) {
        thread(self).registers.eax = L4_EX_REGS_ERROR;
        return;
    }
    const ThreadName target{self.task, static_cast<std::uint16_t>(in.eax & L4_EX_REGS_LTHREAD_MASK)};
    if (exists(target)) {
        return ex_regs_existing(self, target);
    }
    const Id pager{in.esi, in.edi}, preempter{in.ebx, in.ebp};
    Thread created;
    created.dead = in.edx == L4_EX_REGS_KEEP;
    created.prio = thread(self).prio;
    created.mcp = thread(self).mcp;
    created.registers.esp = in.ecx == L4_EX_REGS_KEEP ? 0 : in.ecx;
    created.registers.eip = in.edx;
    created.registers.eflags = 0x202;
    created.pager = pager.is_invalid() ? Id{} : pager;
    created.internal_preempter = preempter.is_invalid() ? Id{} : preempter;
    thread(self).registers.eax = create_thread(target, created) ? 0 : L4_EX_REGS_ERROR;
}

/// 6.3, 6.4
void System::ex_regs_existing(ThreadName self, ThreadName target) {
    const Registers in = thread(self).registers;
    Thread& t = thread(target);
    const Registers old = t.registers;
    const Id old_pager = t.pager, old_preempter = t.internal_preempter;
    const Id pager{in.esi, in.edi}, preempter{in.ebx, in.ebp};

    const bool starts = in.edx != L4_EX_REGS_KEEP;
    if (in.ecx != L4_EX_REGS_KEEP) {
        t.registers.esp = in.ecx;
    }
    if (starts) {
        t.registers.eip = in.edx;
    }
    if (pager.is_nil() || find(pager)) {
        t.pager = pager;
    }
    if (preempter.is_nil() || find(preempter)) {
        t.internal_preempter = preempter;
    }

    Registers& out = thread(self).registers;
    out.eax = old.eflags;
    out.ecx = old.esp;
    out.edx = old.eip;
    out.esi = old_pager.low;
    out.edi = old_pager.high;
    out.ebx = old_preempter.low;
    out.ebp = old_preempter.high;

    if (starts && t.dead) {
        t.dead = false;
        make_ready(target, Place::tail);
    } else if (starts && (in.eax & L4_EX_REGS_NO_CANCEL) == 0) {
        cancel_ipc(target);
    }
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
    if (t.fault) { // of user mode
        withdraw_fault(name);
        make_ready(name, Place::tail);
    }
}

} // namespace spec
