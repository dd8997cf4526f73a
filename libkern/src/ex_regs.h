// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/kernel.h"
#include "l4/abi/thread.h"

namespace kern {

/// The arguments of an lthread_ex_regs, read before any register changes: the caller may be its own target.
struct Kernel::ExRegs {
    std::uint32_t flags;
    std::uint32_t esp, eip;
    l4_threadid_t pager, preempter;

    static ExRegs decode(const arch::Frame& f) {
        return {f.eax, f.ecx, f.edx, {f.esi, f.edi}, {f.ebx, f.ebp}};
    }
    TaskNo task() const {
        return TaskNo{static_cast<std::uint16_t>((flags & L4_EX_REGS_TASK_MASK) >> L4_EX_REGS_TASK_SHIFT)};
    }
    std::uint8_t lthread() const { return static_cast<std::uint8_t>(flags & L4_EX_REGS_LTHREAD_MASK); }
    ExRegs without(std::uint32_t flag) const {
        ExRegs rest = *this;
        rest.flags &= ~flag;
        return rest;
    }
    /// Any of these?  Never those that are built out, so that what they ask for is not even compiled in.
    bool has(std::uint32_t any) const { return (flags & any & Ext::ex_regs_flags) != 0; }
    /// Is there more to it than the classic registers?
    bool is_extended() const { return has(~0u); }
    /// Does the target's program go on elsewhere, whatever it is doing?
    bool restarts() const { return eip != L4_EX_REGS_KEEP || has(L4_EX_REGS_STATE_SET); }
};

} // namespace kern
