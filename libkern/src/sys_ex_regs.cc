// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs (docs/semantics.md 6).
#include "kern/kernel.h"
#include "l4/abi/thread.h"

namespace kern {

void Kernel::sys_ex_regs(Thread& caller) {
    const std::uint32_t where = caller.frame.eax;
    const TaskNo task{static_cast<std::uint16_t>((where & L4_EX_REGS_TASK_MASK) >> L4_EX_REGS_TASK_SHIFT)};
    const auto lthread = static_cast<std::uint8_t>(where & L4_EX_REGS_LTHREAD_MASK);
    if (task != TaskNo{0} && task != caller.task_no()) {
        caller.frame.eax = L4_EX_REGS_ERROR;
        return;
    }
    if (Thread* const target = caller.task().thread(lthread)) return ex_regs_existing(caller, *target);
    ex_regs_create(caller, lthread);
}

/// A new thread of the caller's task.  Without an instruction pointer it stays dead until another call gives
/// it one.
void Kernel::ex_regs_create(Thread& caller, std::uint8_t lthread) {
    const Result<Thread*> made = create_thread(caller.task(), lthread, caller.prio_, caller.mcp_);
    if (!made.ok()) {
        caller.frame.eax = L4_EX_REGS_ERROR;
        return;
    }
    Thread& t = **made;
    t.frame.esp = caller.frame.ecx == L4_EX_REGS_KEEP ? 0 : caller.frame.ecx;
    t.frame.eip = caller.frame.edx;
    const l4_threadid_t pager{caller.frame.esi, caller.frame.edi},
        preempter{caller.frame.ebx, caller.frame.ebp};
    t.pager_ = is_invalid(pager) ? l4_nil_id() : pager;
    t.internal_preempter_ = is_invalid(preempter) ? l4_nil_id() : preempter;
    caller.frame.eax = 0;
    if (t.frame.eip != L4_EX_REGS_KEEP) make_ready(t, Place::tail);
}

void Kernel::ex_regs_existing(Thread& caller, Thread& target) {
    const bool no_cancel = (caller.frame.eax & L4_EX_REGS_NO_CANCEL) != 0;
    const std::uint32_t esp = caller.frame.ecx, eip = caller.frame.edx;
    const l4_threadid_t pager{caller.frame.esi, caller.frame.edi},
        preempter{caller.frame.ebx, caller.frame.ebp};

    caller.frame.eax = target.frame.eflags;
    caller.frame.ecx = target.frame.esp;
    caller.frame.edx = target.frame.eip;
    caller.frame.esi = target.pager_.low;
    caller.frame.edi = target.pager_.high;
    caller.frame.ebx = target.internal_preempter_.low;
    caller.frame.ebp = target.internal_preempter_.high;

    if (esp != L4_EX_REGS_KEEP) target.frame.esp = esp;
    set_id(target.pager_, pager);
    set_id(target.internal_preempter_, preempter);
    if (eip == L4_EX_REGS_KEEP) return;
    target.frame.eip = eip;
    if (target.dead())
        make_ready(target, Place::tail);
    else if (!no_cancel)
        abort_ipc(target);
}

} // namespace kern
