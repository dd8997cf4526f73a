// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs (semantics 6, 12.6, 13, 14).
#include <algorithm>
#include <cstddef>

#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"
#include "spec/system.h"

namespace spec {
namespace {

void set_unless_kept(Word& target, Word value) {
    if (value != L4_EX_REGS_KEEP) {
        target = value;
    }
}

} // namespace

/// 6.1, 13.1
void System::sys_ex_regs(ThreadName self) {
    const Word eax = thread(self).registers.eax;
    const Word task = (eax & L4_EX_REGS_TASK_MASK) >> L4_EX_REGS_TASK_SHIFT;
    const ThreadName target{task == 0 ? self.task : static_cast<TaskNo>(task),
                            static_cast<std::uint16_t>(eax & L4_EX_REGS_LTHREAD_MASK)};
    if (!may_ex_regs(self, target)) {
        thread(self).registers.eax = L4_EX_REGS_ERROR;
    } else if (exists(target)) {
        ex_regs_existing(self, target);
    } else {
        ex_regs_new(self, target);
    }
}

bool System::may_ex_regs(ThreadName self, ThreadName target) const {
    if (target.task == self.task) {
        return true;
    }
    if (!active(target.task)) {
        return false;
    }
    const Thread& decides = thread(exists(target) ? target : ThreadName{target.task, 0});
    return has_pager_in(decides, self.task);
}

/// 6.2, 14
void System::ex_regs_new(ThreadName self, ThreadName target) {
    const Registers in = thread(self).registers;
    const Word flags = in.eax;
    const Id pager{in.esi, in.edi}, preempter{in.ebx, in.ebp};
    Thread created;
    created.dead = in.edx == L4_EX_REGS_KEEP && (flags & L4_EX_REGS_STATE_SET) == 0;
    created.prio = thread(self).prio;
    created.mcp = thread(self).mcp;
    if (target.task != self.task) {
        created.mcp = std::min(created.mcp, thread({target.task, 0}).mcp);
    }
    created.registers.esp = in.ecx == L4_EX_REGS_KEEP ? 0 : in.ecx;
    created.registers.eip = in.edx == L4_EX_REGS_KEEP && !created.dead ? 0 : in.edx;
    created.pager = pager.is_invalid() ? Id{} : pager;
    created.internal_preempter = preempter.is_invalid() ? Id{} : preempter;
    created.triggered = (flags & L4_EX_REGS_RAISE_EXCEPTION) != 0;
    created.alien = (flags & L4_EX_REGS_ALIEN) != 0;
    ex_regs_fpu(thread(self), created, flags & ~L4_EX_REGS_FPU_GET);
    ex_regs_state(self, created);
    if (!create_thread(target, created)) {
        thread(self).registers.eax = L4_EX_REGS_ERROR;
        return;
    }
    if ((flags & L4_EX_REGS_STOP) != 0) {
        stop(target);
    }
    thread(self).registers.eax = 0;
}

/// 6.3, 6.4, 14
void System::ex_regs_existing(ThreadName self, ThreadName target) {
    Thread& t = thread(target);
    const Thread old = t;
    Registers& in = thread(self).registers;
    const Word flags = in.eax;
    const bool triggers = (flags & L4_EX_REGS_RAISE_EXCEPTION) != 0;
    if (triggers && t.triggered) {
        in.edx = L4_EX_REGS_KEEP; // 12.6; a result by and by
    }
    const bool has_eip = in.edx != L4_EX_REGS_KEEP;
    const bool starts = has_eip || (flags & L4_EX_REGS_STATE_SET) != 0;
    const Id pager{in.esi, in.edi}, preempter{in.ebx, in.ebp};
    if (pager.is_nil() || find(pager)) {
        t.pager = pager;
    }
    if (preempter.is_nil() || find(preempter)) {
        t.internal_preempter = preempter;
    }
    if ((flags & L4_EX_REGS_STATE_GET) != 0) {
        store_state(old, self, L4_UTCB_STATE_WORDS);
    }
    ex_regs_fpu(thread(self), t, flags);
    if (starts) {
        start_or_cancel(target, (flags & L4_EX_REGS_NO_CANCEL) == 0);
    }
    ex_regs_state(self, t);
    t.triggered = t.triggered || triggers;
    if ((flags & L4_EX_REGS_ALIEN) != 0) {
        t.alien = true;
    } else if (has_eip) {
        end_alien(t);
    }
    if ((flags & L4_EX_REGS_STOP) != 0) {
        stop(target);
    } else if (starts) {
        end_stop(target);
    }
    ex_regs_results(self, old);
}

void System::ex_regs_results(ThreadName self, const Thread& old) {
    Registers& out = thread(self).registers;
    out.eax = old.registers.eflags;
    out.ecx = old.registers.esp;
    out.edx = old.registers.eip;
    out.esi = old.pager.low;
    out.edi = old.pager.high;
    out.ebx = old.internal_preempter.low;
    out.ebp = old.internal_preempter.high;
}

/// 14.2
void System::ex_regs_fpu(Thread& caller, Thread& target, Word flags) const {
    const auto mine = caller.fpu;
    if ((flags & L4_EX_REGS_FPU_GET) != 0) {
        caller.fpu = target.fpu;
    }
    if ((flags & L4_EX_REGS_FPU_SET) != 0) {
        target.fpu = mine;
    }
    if ((flags & L4_EX_REGS_FPU_RESET) != 0) {
        target.fpu = {};
    }
}

/// 14.4, 14.5
void System::ex_regs_state(ThreadName self, Thread& target) const {
    const Registers in = thread(self).registers;
    if ((in.eax & L4_EX_REGS_STATE_SET) != 0) {
        set_state(target, self);
        if (has_status(self, L4_UTCB_TIME_LIMIT)) {
            set_time_limit(target, self);
        }
    }
    set_unless_kept(target.registers.esp, in.ecx);
    set_unless_kept(target.registers.eip, in.edx);
    if ((in.eax & L4_EX_REGS_TLS) != 0) {
        for (Word slot = 0; slot < target.tls.size(); ++slot) {
            const Word offset = static_cast<Word>(offsetof(l4_utcb_t, tls)) + 8 * slot;
            set_tls(target, slot, utcb_word(self, offset) | std::uint64_t{utcb_word(self, offset + 4)} << 32);
        }
        repair_selectors(target);
    }
}

/// 6.4, 14.3
void System::start_or_cancel(ThreadName target, bool cancels) {
    Thread& t = thread(target);
    if (t.dead) {
        t.dead = false;
        make_ready(target, Place::tail);
    } else if (cancels) {
        t.reflection = 0;
        cancel_ipc(target);
    }
}

/// 14.6: now, or before its next return to user mode.
void System::stop(ThreadName name) {
    Thread& t = thread(name);
    t.stop = !t.stopped && (!t.ready || t.wants_resume);
    if (!t.stop && !t.stopped) {
        block(name);
        t.stopped = true;
    }
}

void System::end_stop(ThreadName name) {
    Thread& t = thread(name);
    t.stop = false;
    if (t.stopped) {
        t.stopped = false;
        make_ready(name, Place::tail);
    }
}

} // namespace spec
