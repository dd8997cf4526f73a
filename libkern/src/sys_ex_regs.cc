// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs (docs/semantics.md 6, 13): who may do what to which thread, creation, and the classic
// registers. What else can be set is in ex_regs_state.cc.
#include <algorithm>
#include "ex_regs.h"

namespace kern {

void Kernel::sys_ex_regs(Thread& caller) {
    const ExRegs args = ExRegs::decode(caller.frame);
    const bool own = args.task() == TaskNo{0} || args.task() == caller.task_no();
    Task* const task = own ? &caller.task() : tasks_.task(args.task());
    const bool there = own || (Ext::inter_task_ex_regs && task && !task->dying());
    Thread* const target = there ? task->thread(args.lthread()) : nullptr;
    const Thread* const judged = there && !target ? task->thread(0) : target;
    if (!judged || (!own && !may_control(caller, *judged)))
        caller.frame.eax = L4_EX_REGS_ERROR;
    else if (target)
        ex_regs_existing(caller, *target, args);
    else
        ex_regs_create(caller, *task, args);
}

/// Threads of a task are in the hands of each other, and of the task that their pager is in.
bool Kernel::may_control(const Thread& t, const Thread& target) const {
    if (target.task_no() == t.task_no()) return true;
    return !is_invalid(target.pager_) && ThreadId::of(target.pager_).task == t.task_no();
}

/// A new thread.  Without an instruction pointer or state it stays dead until another call gives it one.
void Kernel::ex_regs_create(Thread& caller, Task& task, const ExRegs& args) {
    const std::uint8_t mcp =
        &task == &caller.task() ? caller.mcp_ : std::min(caller.mcp_, task.thread(0)->mcp_);
    const Result<Thread*> made = create_thread(task, args.lthread(), caller.prio_, mcp);
    if (!made.ok()) {
        caller.frame.eax = L4_EX_REGS_ERROR;
        return;
    }
    machine_.rest(); // lets one come: to make a thread takes as long as to set it
    Thread& t = **made;
    t.pager_ = is_invalid(args.pager) ? l4_nil_id() : args.pager;
    t.internal_preempter_ = is_invalid(args.preempter) ? l4_nil_id() : args.preempter;
    if (!args.restarts()) t.frame.eip = L4_EX_REGS_KEEP;
    ex_regs_fpu(caller, t, args.without(L4_EX_REGS_FPU_GET));
    ex_regs_change(caller, t, args);
    caller.frame.eax = 0;
}

void Kernel::ex_regs_existing(Thread& caller, Thread& target, ExRegs args) {
    if (args.has(L4_EX_REGS_RAISE_EXCEPTION) && target.deferred_.trigger) args.eip = L4_EX_REGS_KEEP;
    const arch::Frame old = target.frame;
    const l4_threadid_t old_pager = target.pager_, old_preempter = target.internal_preempter_;

    if (args.is_extended()) {
        machine_.rest(); // lets one come: each of these may be a state as long as a message
        ex_regs_get(caller, target, args);
        ex_regs_fpu(caller, target, args);
    }
    set_id(target.pager_, args.pager);
    set_id(target.internal_preempter_, args.preempter);
    ex_regs_change(caller, target, args);

    caller.frame.eax = old.eflags;
    caller.frame.ecx = old.esp;
    caller.frame.edx = old.eip;
    caller.frame.esi = old_pager.low;
    caller.frame.edi = old_pager.high;
    caller.frame.ebx = old_preempter.low;
    caller.frame.ebp = old_preempter.high;
}

/// What it is doing ends, and what the instruction that it leaves has still to bring.
void Kernel::restart(Thread& target) {
    target.deferred_.reflection = 0;
    abort_ipc(target);
}

/// The same for a new thread and an old one: what it is doing ends, its registers are set, and it goes on.
void Kernel::ex_regs_change(Thread& caller, Thread& target, const ExRegs& args) {
    if (args.restarts()) {
        if (target.dead())
            make_ready(target, Place::tail);
        else if (!args.has(L4_EX_REGS_NO_CANCEL))
            restart(target);
    }
    if (args.is_extended()) {
        machine_.rest(); // lets one come: to end what it was doing takes as long as to set its state
        ex_regs_set(caller, target, args);
    }
    if (args.esp != L4_EX_REGS_KEEP) target.frame.esp = args.esp;
    if (args.eip != L4_EX_REGS_KEEP) target.frame.eip = args.eip;
    ex_regs_modes(target, args);
}

} // namespace kern
