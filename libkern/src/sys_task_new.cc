// SPDX-License-Identifier: BSD-2-Clause
// task_new (docs/semantics.md 5): create, delete, transfer.
#include "kern/kernel.h"

namespace kern {
namespace {

constexpr std::uint32_t utcb_pages = Ext::utcb ? Task::utcb_pages : 0;
/// Of zeros: the page directory's shadow, UTCBs, and the table where these are, with its shadow.
constexpr std::uint32_t frames_to_make = 1 + utcb_pages + 2;
/// Of Limits::pages: it is made in one piece.
constexpr std::uint32_t steps_to_make = 8;
constexpr std::uint8_t nest_max = L4_ID_NEST_MASK >> L4_ID_NEST_SHIFT;

/// Can a task be paid for, with its first thread?  Then the pool has these frames, too: no account's limit is
/// more than there is.  Without it frames would be filled for ever, one stock's from another's.
bool affords_task(const Account& payer, std::uint32_t reserve, bool kip) {
    const bool table = Ext::utcb || kip, thread = reserve == 0 && payer.has_thread();
    const std::uint32_t needed = 3 + utcb_pages + (table ? 2 : 0) + (thread ? 0 : 1);
    return reserve <= payer.free() && (reserve != 0 ? reserve : payer.free()) >= needed;
}

/// Is `task` victim itself or below it?
bool within(const Task* task, const Task* victim) {
    for (; task; task = task->chief())
        if (task == victim) return true;
    return false;
}

} // namespace

void Kernel::sys_task_new(Thread& t) {
    t.job_.emplace<TaskNewArgs>(TaskNewArgs::decode(t.frame));
    run_task_new(t);
}

/// One entry of the call: checks again, kills what it can of the old task, and when nothing is left of it and
/// there are frames for the new one, finishes.
void Kernel::run_task_new(Thread& t) {
    const TaskNewArgs& args = *std::get_if<TaskNewArgs>(&t.job_);
    Task& caller = t.task();
    if (args.task.raw() < L4_TASK_FIRST_USER || tasks_.chief(args.task) != caller.no())
        return task_new_failed(t, L4_TASK_NEW_EPERM);
    Task* const old = tasks_.task(args.task);
    const bool allowed =
        args.create ? caller.nest() < nest_max && !caller.dying() : may_own(args.new_chief, old);
    // A task that is half killed has to go, whatever has become of its new chief meanwhile.
    const bool has_begun = t.op_ == Op::task_new && old && old->dying();
    if (!allowed && !has_begun) return task_new_failed(t, L4_TASK_NEW_EINVAL);
    bool entered = t.op_ != Op::task_new;
    for (bool gone = !old;; entered = false) {
        Steps threads{limits_.threads}, pages{limits_.pages};
        if (entered) pages.pay(way_in(limits_.pages));
        if (!gone) gone = kill_task(*old, caller, threads, pages);
        const auto may_make = [&] {
            return frames_.put_by(Fill::directory, 1, pages) &&
                   frames_.put_by(Fill::zeros, frames_to_make, pages) && pages.take_whole(steps_to_make);
        };
        if (gone && (!allowed || !args.create)) break;
        if (gone && !affords_task(caller.account(), args.reserve, boot_.kip.raw() != 0))
            return task_new_failed(t, L4_TASK_NEW_ENOMEM);
        if (gone && may_make()) break;
        if (goes_on()) continue;
        t.op_ = Op::task_new;
        return;
    }
    if (!allowed) return task_new_failed(t, L4_TASK_NEW_EINVAL);
    if (!args.create) {
        tasks_.set_chief(args.task, args.new_chief);
        return task_new_done(t, report({args.task, 0}), 0);
    }
    const std::uint8_t nest =
        caller.no() == TaskNo{L4_TASK_ROOT} ? 0 : static_cast<std::uint8_t>(caller.nest() + 1);
    const Result<Task*> made = create_task(args.task, caller.account(), args.reserve, &caller, nest);
    if (!made.ok()) return task_new_failed(t, L4_TASK_NEW_ENOMEM);
    machine_.rest(); // task and thread take as long as two pieces may: what comes is served at the end
    const Result<Thread*> first = create_thread(**made, 0, t.prio_, args.mcp < t.mcp_ ? args.mcp : t.mcp_);
    if (!first.ok()) {
        Steps all{~0u};
        free_task(**made, all); // nothing in it yet
        return task_new_failed(t, L4_TASK_NEW_ENOMEM);
    }
    Thread& thread = **first;
    thread.frame.esp = args.esp;
    thread.frame.eip = args.eip;
    thread.pager_ = args.pager;
    thread.alien_ = args.alien;
    thread.deferred_.trigger = args.trigger;
    make_ready(thread, Place::tail);
    task_new_done(t, report(thread.id()), args.reserve);
    machine_.rest();
}

/// A chief must be an active task that does not go away with the number.
bool Kernel::may_own(TaskNo chief, const Task* victim) const {
    const Task* const task = tasks_.task(chief);
    return task && !task->dying() && !(victim && within(task, victim));
}

void Kernel::task_new_failed(Thread& t, std::uint32_t error) { task_new_done(t, l4_nil_id(), error); }

void Kernel::task_new_done(Thread& t, l4_threadid_t id, std::uint32_t eax) {
    t.op_ = Op::none;
    t.job_.emplace<std::monostate>();
    t.frame.eax = eax;
    t.frame.ecx = t.task().account().free();
    t.frame.edx = t.frame.ebx = t.frame.ebp = 0;
    t.frame.esi = id.low;
    t.frame.edi = id.high;
}

} // namespace kern
