// SPDX-License-Identifier: BSD-2-Clause
// The first steps of a trace: some tasks and threads, and memory passed down from sigma0, by the system calls
// that any root task would use.
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"
#include "test/lockstep/trace.h"

namespace test {

Action Trace::prologue() {
    const bool root = scene_.own_task() == L4_TASK_ROOT;
    if (dice_.chance(15)) {
        store_utcb_word();
        return planned(Action::load(L4_UTCB_AREA));
    }
    if (!root && scene_.own_task() != L4_TASK_SIGMA0) return child_prologue();
    if (!mapped_page()) return Action::store(scene_.page(), 1);
    for (const kern::Thread* const t : scene_.threads())
        if (t->fault().kind != kern::Fault::Kind::none && t->wait().what == kern::Wait::For::receive &&
            t->wait().peer == scene_.self().id())
            return reply_to_fault(*t);
    if (root && !to_create_.empty()) return create_next();
    if (root && dice_.chance(20)) return child_prologue();
    return Action::call(L4_VEC_IPC,
                        sim::Ipc{.receive = L4_RCV_OPEN, .timeout = l4_timeout(0, 0, 100, 10)}.regs());
}

Action Trace::create_next() {
    const l4_threadid_t task = l4_threadid(to_create_.back(), 0);
    to_create_.pop_back();
    const std::uint32_t quota = dice_.pick({0u, 0u, 11u, 14u, 26u}), mcp = dice_.pick({255u, 16u, 0u});
    const l4_threadid_t pager = dice_.chance(80) ? l4_threadid(L4_TASK_ROOT, 0) : scene_.pager();
    const std::uint32_t alien = dice_.chance(taste_.flags) ? L4_TASK_NEW_ALIEN : 0,
                        trigger = dice_.chance(taste_.flags) ? L4_TASK_NEW_RAISE_EXCEPTION : 0;
    const std::uint32_t flags = alien | trigger;
    return Action::call(L4_VEC_TASK_NEW, sim::TaskNew{.task = task,
                                                      .mcp_or_chief = l4_task_new_create(mcp, quota) | flags,
                                                      .esp = 0x9000,
                                                      .eip = 0x8000,
                                                      .pager = pager}
                                             .regs());
}

Action Trace::child_prologue() {
    if (dice_.chance(50)) {
        const std::uint32_t page = scene_.page();
        return Action::store(page, dice_.word());
    }
    if (dice_.chance(30)) return call_switch();
    const l4_threadid_t pager = dice_.chance(50) ? l4_threadid(L4_TASK_ROOT, 0) : scene_.pager();
    return Action::call(
        L4_VEC_LTHREAD_EX_REGS,
        sim::ExRegs{.target = scene_.lthread(), .esp = 0x9000, .eip = 0x8000, .pager = pager}.regs());
}

} // namespace test
