// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/ext.h"
#include "kern/hal_contract.h"
#include "kern/ids.h"
#include "l4/abi/thread.h"

namespace kern {

/// The arguments of a task_new, decoded from the caller's registers once: while a task is being killed others
/// may change those.
struct TaskNewArgs {
    TaskNo task;
    bool create; ///< else: transfer or delete
    bool trigger, alien;
    std::uint8_t mcp;
    TaskNo new_chief; ///< not create
    l4_threadid_t pager;
    std::uint32_t esp, eip;
    std::uint32_t reserve; ///< frames; 0: the caller's account is shared

    static TaskNewArgs decode(const arch::Frame& f) {
        return {
            .task = ThreadId::of({f.esi, f.edi}).task,
            .create = f.ebx != L4_NIL_LOW,
            .trigger = Ext::exception_ipc && (f.eax & L4_TASK_NEW_RAISE_EXCEPTION) != 0,
            .alien = Ext::alien && (f.eax & L4_TASK_NEW_ALIEN) != 0,
            .mcp = static_cast<std::uint8_t>(f.eax & L4_TASK_NEW_MCP_MASK),
            .new_chief = ThreadId::of({f.eax, 0}).task,
            .pager = {f.ebx, f.ebp},
            .esp = f.ecx,
            .eip = f.edx,
            .reserve = (f.eax & L4_TASK_NEW_QUOTA_MASK) >> L4_TASK_NEW_QUOTA_SHIFT,
        };
    }
};

} // namespace kern
