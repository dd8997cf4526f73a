// SPDX-License-Identifier: BSD-2-Clause
#include "kern/kernel.h"

namespace kern {

/// Put by for the first tables of sigma0, whose faults are served in one entry each.
constexpr std::uint32_t frames_at_boot = 8;

/// The two tasks that nobody created (docs/semantics.md 2.5).  The memory handed over at boot must suffice
/// for them.
Thread& Kernel::start() {
    struct First {
        TaskNo task;
        std::uint32_t frames;
        std::uint8_t prio, mcp;
        VAddr ip, sp;
        l4_threadid_t pager;
    };
    const First firsts[]{
        {TaskNo{L4_TASK_ROOT}, kernel_account_.limit() - boot_.sigma0_frames, L4_PRIO_ROOT, L4_MCP_ROOT,
         boot_.root_ip, boot_.root_sp, report({.task = TaskNo{L4_TASK_SIGMA0}, .lthread = 0})},
        {TaskNo{L4_TASK_SIGMA0}, boot_.sigma0_frames, L4_PRIO_SIGMA0, L4_MCP_SIGMA0, boot_.sigma0_ip,
         boot_.sigma0_sp, l4_nil_id()},
    };
    for (const First& first : firsts) {
        const Result<Task*> task = create_task(first.task, kernel_account_, first.frames, nullptr, 0);
        ensure(task.ok(), "too little kernel memory to boot");
        const Result<Thread*> thread = create_thread(**task, 0, Prio{first.prio}, first.mcp);
        ensure(thread.ok(), "too little kernel memory to boot");
        (*thread)->frame.eip = first.ip.raw();
        (*thread)->frame.esp = first.sp.raw();
        (*thread)->pager_ = first.pager;
        make_ready(**thread, Place::tail);
    }
    ensure(map_db_.give_all_ports(tasks_.task(TaskNo{L4_TASK_SIGMA0})->space()).ok(),
           "too little kernel memory to boot");
    Steps all{~0u};
    frames_.put_by(Fill::zeros, frames_at_boot, all);
    return leave();
}

} // namespace kern
