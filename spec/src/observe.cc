// SPDX-License-Identifier: BSD-2-Clause
// The state as an Observation, and whether it makes sense.
#include <algorithm>

#include "l4/abi/ipc.h"
#include "spec/system.h"

namespace spec {
namespace {

ThreadState state_of(const Thread& t, bool in_kernel) {
    if (t.dead) {
        return ThreadState::dead;
    }
    if (t.stopped) {
        return ThreadState::stopped;
    }
    if (t.fault) {
        return t.fault->sent ? ThreadState::fault_receive : ThreadState::fault_send;
    }
    switch (t.stage) {
        case Thread::Stage::none: return in_kernel ? ThreadState::in_kernel : ThreadState::ready;
        case Thread::Stage::send: return ThreadState::send;
        case Thread::Stage::driver: return in_kernel ? ThreadState::in_kernel : ThreadState::driver;
        case Thread::Stage::partner: return ThreadState::partner;
        case Thread::Stage::receive: break;
    }
    if ((t.call.receive & L4_RCV_OPEN) != 0) {
        return ThreadState::receive_open;
    }
    if (t.call.partner.is_nil()) {
        return ThreadState::sleep;
    }
    return name_in(t.call.partner).is_none() ? ThreadState::irq : ThreadState::receive_closed;
}

} // namespace

ThreadView System::view(const Thread& t) const {
    ThreadView view;
    view.state = state_of(t, in_kernel(t));
    view.partner = schedule_partner(t).low;
    view.fault = t.fault ? t.fault->kind : FaultKind::none;
    if (t.stage == Thread::Stage::driver) {
        view.role = Role::driver;
        view.peer = t.transfer.receiver;
    } else if (t.stage == Thread::Stage::partner) {
        view.role = Role::partner;
        view.peer = t.driver;
    }
    view.deadline = t.deadline;
    view.prio = t.prio;
    view.mcp = t.mcp;
    view.slice = t.slice;
    view.remaining = t.remaining;
    view.consumed = t.consumed;
    view.pager = t.pager;
    view.internal_preempter = t.internal_preempter;
    view.external_preempter = t.external_preempter;
    view.registers = t.registers;
    const Fault fault = t.fault.value_or(Fault{});
    view.trapno = fault.trapno;
    view.err = fault.err;
    view.pfa = fault.pfa;
    view.alien = t.alien;
    view.dealien = t.dealien;
    view.reflection = t.reflection;
    view.after_call = t.after_call;
    view.triggered = t.triggered;
    view.time_fault = t.time_fault;
    view.stop = t.stop;
    view.time_limit = t.time_limit;
    view.tls = t.tls;
    view.idt_base = t.idt_base;
    view.idt_limit = t.idt_limit;
    view.fpu = t.fpu;
    view.senders.assign(t.senders.begin(), t.senders.end());
    return view;
}

TaskView System::view(TaskNo number) const {
    TaskView view;
    view.chief = chief_[number];
    view.nest = nest_of(number);
    view.account_of = memory_.account_of(number);
    if (view.account_of == number) {
        view.account = memory_.accounts.view(number);
    }
    view.present = tasks_.at(number).present;
    memory_.observe(number, view);
    return view;
}

void Memory::observe(TaskNo task, TaskView& view) const {
    for (auto entry = pages_.lower_bound({task, 0}); entry != pages_.end() && entry->first.task == task;
         ++entry) {
        const auto& [name, page] = *entry;
        MappingView& mapping = view.mappings.emplace_back();
        mapping.va = name.va;
        mapping.phys = page.phys;
        mapping.super = page.super;
        mapping.split = page.is_split();
        mapping.parent_task = page.parent.task;
        mapping.parent_va = page.parent.va;
        mapping.fanout = page.fanout;
        if (!mapping.split) {
            mapping.bits = page.bits;
        }
        for (std::size_t i = 0; i < page.parts.size(); ++i) {
            mapping.add_part(static_cast<std::uint16_t>(i), page.parts[i]);
        }
    }
    view.ports = spaces_.at(task).ports.runs();
    view.port_giver = spaces_.at(task).port_giver;
}

std::optional<ThreadView> System::observe(ThreadName name) const {
    const auto found = threads_.find(name);
    return found == threads_.end() ? std::nullopt : std::optional(view(found->second));
}

Observation System::observe() const {
    Observation seen;
    seen.current = current();
    for (const auto& [name, t] : threads_) {
        seen.threads.emplace_hint(seen.threads.end(), name, view(t));
    }
    for (const auto& [prio, queue] : ready_) {
        seen.ready.emplace(prio, std::vector<ThreadName>(queue.begin(), queue.end()));
    }
    seen.donation = donation_;
    for (const auto& [number, task] : tasks_) {
        seen.tasks.emplace_hint(seen.tasks.end(), number, view(number));
    }
    for (TaskNo number = L4_TASK_FIRST_USER; number < L4_TASKS; ++number) {
        if (chief_[number] != L4_TASK_ROOT && !active(number)) {
            seen.chiefs.emplace_hint(seen.chiefs.end(), number, chief_[number]);
        }
    }
    seen.irqs = irqs_;
    seen.timer = timer();
    return seen;
}

/// Ready or waiting for something, never both, never neither; nothing pending that can not be.
std::string System::check_thread(ThreadName name, const Thread& t) const {
    const ThreadState state = state_of(t, in_kernel(t));
    const bool runs = state == ThreadState::ready || state == ThreadState::in_kernel;
    const auto queue = ready_.find(t.prio);
    const auto queued =
        queue == ready_.end() ? 0 : std::count(queue->second.begin(), queue->second.end(), name);
    if (t.ready != runs || queued != (runs ? 1 : 0)) {
        return " is " + to_string(state) + " and in the wrong queue";
    }
    if (t.remaining > t.slice) {
        return " has more left than its slice";
    }
    const bool queues = state == ThreadState::send || state == ThreadState::fault_send;
    if (queues) {
        const auto& senders = thread(t.fault ? t.fault->pager : name_in(t.call.partner)).senders;
        if (std::count(senders.begin(), senders.end(), name) != 1) {
            return " sends and is not queued";
        }
    }
    if ((t.dead || t.stopped) && (t.stage != Thread::Stage::none || t.fault || (t.dead && t.stopped))) {
        return " is dead or stopped and does something";
    }
    if (!t.alien && (t.dealien || t.executing != 0 || t.after_call != 0)) {
        return " is not alien and has an alien's call";
    }
    if (t.executing != 0 && t.stage == Thread::Stage::none) {
        return " executes a call that is over";
    }
    if (std::any_of(t.tls.begin(), t.tls.end(),
                    [](auto d) { return (d >> 32 & 0xf800) != 0xf000 && d != 0; })) {
        return " has a descriptor that can not be";
    }
    return {};
}

std::string System::check() const {
    if (ram_.utcbs().size() != tasks_.size()) {
        return "there are not as many UTCB areas as tasks";
    }
    if (std::string wrong = memory_.check(); !wrong.empty()) {
        return wrong;
    }
    // Accounts: count everything again.
    std::map<TaskNo, Bill> bills;
    for (const auto& [number, task] : tasks_) {
        const TaskNo account = memory_.account_of(number);
        bills[account] = bills[account] + memory_.count(number) +
                         Bill{.frames = L4_KMEM_TASK, .threads = static_cast<Word>(task.present.size())};
        if (account == number && number != L4_TASK_ROOT && number != L4_TASK_SIGMA0) {
            const TaskNo above = memory_.account_of(chief_[number]);
            bills[above] = bills[above] + Bill{.frames = memory_.accounts.view(number).limit};
        }
    }
    for (const auto& [account, bill] : bills) {
        const AccountView& a = memory_.accounts.view(account);
        if (a.nodes != bill.nodes || a.threads != bill.threads || a.used > a.limit ||
            a.used != bill.frames + a.thread_frames + a.node_frames) {
            return "account " + std::to_string(account) + " does not add up";
        }
    }
    for (const auto& [name, t] : threads_) {
        if (std::string wrong = check_thread(name, t); !wrong.empty()) {
            return to_string(name) + wrong;
        }
    }
    return {};
}

} // namespace spec
