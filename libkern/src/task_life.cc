// SPDX-License-Identifier: BSD-2-Clause
// How threads and tasks come and go.  Making one is one operation, whoever asks; what it starts with is set
// by the caller.
#include <new>
#include "ia32/paging.h"
#include "ia32/trap_frame.h"
#include "kern/kernel.h"

namespace kern {

constexpr std::uint32_t steps_to_free = 4; ///< of Limits::pages: what a task is made of goes in one piece

/// A dead thread of `task`, whose account pays.  Thread 0 enters the present list before the others of its
/// own task.
Result<Thread*> Kernel::create_thread(Task& task, std::uint8_t lthread, Prio prio, std::uint8_t mcp) {
    if (task.dying_) return Err::invalid;
    void* const slot = KTRY(task.account().take_thread());
    static_assert(sizeof(Thread) <= Account::thread_slot);

    Thread& t = *new (slot) Thread(&task, ThreadId{task.no(), lthread}, prio, mcp);
    if constexpr (Ext::utcb)
        t.utcb_ =
            task.utcb_frame(lthread / Task::utcbs_per_page) + lthread % Task::utcbs_per_page * L4_UTCB_SIZE;
    t.entry_words_ = {task.reported(lthread), VAddr{L4_UTCB_AREA + lthread * L4_UTCB_SIZE}};
    t.frame.gs = ia32::utcb_selector;
    t.frame.cs = ia32::user_cs;
    t.frame.ss = ia32::user_ds;
    t.frame.eflags = ia32::user_eflags;
    task.enter(t);
    return &t;
}

/// An empty task: object, page directory, directory shadow, UTCB area.  With `reserve` frames it gets an
/// account of its own out of payer's, else it shares payer's.  On failure nothing has changed.
Result<Task*> Kernel::create_task(TaskNo no, Account& payer, std::uint32_t reserve, Task* chief,
                                  std::uint8_t nest) {
    if (reserve != 0) KTRY(payer.reserve(reserve));
    const Result<PAddr> object = frames_.take(); // before the account that pays for it: that may lie in it
    Task* const task =
        object.ok() ? new (machine_.page(*object).data()) Task(no, chief, nest, idle_) : nullptr;
    static_assert(sizeof(Task) <= ia32::page_size);
    if (task && furnish(*task, payer, reserve).ok()) {
        tasks_.set_task(no, task);
        task->reported_ = report({no, 0});
        if (chief) chief->children.push_back(*task);
        return task;
    }
    if (task) {
        task->~Task();
        frames_.give(*object);
    }
    if (reserve != 0) payer.unreserve(reserve);
    return Err::no_memory;
}

/// Gives a new task its account, its space, and the UTCBs of its threads.
Status Kernel::furnish(Task& task, Account& payer, std::uint32_t reserve) {
    if (reserve != 0) task.own_account_.emplace(frames_, reserve);
    Account& account = reserve != 0 ? *task.own_account_ : payer;
    KTRY(account.adopt_frame());
    const Result<PAddr> directory = account.take_frame(Fill::directory);
    const Result<PAddr> shadow = directory.ok() ? account.take_frame() : directory;
    if (shadow.ok()) {
        task.account_ = &account;
        map_db_.init(task.space_, *directory, *shadow, account, task.no());
        if (make_utcbs(task).ok()) return Done{};
        drop_utcbs(task);
        map_db_.retire(task.space_);
        account.give_frame(*shadow);
    }
    if (directory.ok()) account.give_frame(*directory, Fill::directory);
    account.disown_frame();
    return Err::no_memory;
}

/// A bounded piece of killing `top` and all tasks below it.  True when nothing is left of them.
///
/// Each task on the way down is dying from then on, and so takes no new threads, tasks and messages: else
/// those that run between two entries could replace what is killed as fast as it goes.
bool Kernel::kill_task(Task& top, Task& killer, Steps& threads, Steps& pages) {
    for (;;) {
        Task* victim = &top;
        begin_dying(*victim);
        while (Task* const child = victim->children.front()) begin_dying(*(victim = child));
        machine_.rest(); // lets one come: that was as many as nest can count
        if (!delete_threads(*victim, threads) || threads.exhausted()) return false;
        if (!return_numbers(*victim, killer, pages)) return false;
        if (map_db_.run(victim->clear_, pages) == Progress::more) return false;
        const bool last = victim == &top;
        if (!free_task(*victim, pages)) return false;
        machine_.rest(); // lets one come: all that took one piece, and what follows may, too
        if (last) return true;
    }
}

void Kernel::begin_dying(Task& task) {
    if (task.dying_) return;
    task.dying_ = true;
    task.clear_.start(task.space_);
}

bool Kernel::delete_threads(Task& task, Steps& steps) {
    while (Thread* const t = task.present_.front())
        if (!delete_thread(*t, steps)) return false;
    return true;
}

/// First whoever is queued at it learns that it is gone, then it goes.  False: there are more in the queue.
bool Kernel::delete_thread(Thread& t, Steps& steps) {
    while (Thread* const sender = t.senders.front()) {
        if (!steps.take()) return false;
        leave_queue(*sender);
        if (sender->fault_.kind != Fault::Kind::none)
            fault_failed(*sender);
        else
            finish(*sender, L4_IPC_ENOT_EXISTENT);
    }
    if (!steps.take()) return false;
    kill(t);
    ensure(fpu_owner_ != &t, "the thread to be deleted is the one that runs");
    Task& task = t.task();
    task.leave(t, idle_);
    t.~Thread();
    task.account().give_thread(&t);
    return true;
}

/// The task numbers that `task` owned belong to the killer's task.  Most tasks own none.
bool Kernel::return_numbers(Task& task, Task& killer, Steps& steps) {
    for (std::uint16_t& n = task.numbers_returned_; n < L4_TASKS && tasks_.owned(task.no()) != 0; ++n) {
        if (!steps.take()) return false;
        if (tasks_.chief(TaskNo{n}) == task.no()) tasks_.set_chief(TaskNo{n}, killer.no());
    }
    return true;
}

/// Gives back what an empty task is made of, and what was reserved for it.
bool Kernel::free_task(Task& task, Steps& steps) {
    Account& account = task.account();
    if (task.own_account_ && !account.release(steps)) return false;
    if (!steps.take_whole(steps_to_free)) return false;
    machine_.rest(); // lets one come: what comes now is all done in one piece
    const PAddr object = machine_.address(&task), directory = task.space_.directory(),
                shadow = task.space_.shadow();
    drop_utcbs(task);
    Task* const chief = task.chief_;
    const std::uint32_t reserved = task.own_account_ ? account.limit() : 0;
    map_db_.retire(task.space_);
    account.give_frame(directory, Fill::directory);
    account.give_frame(shadow, Fill::zeros);
    account.disown_frame();
    tasks_.set_task(task.no(), nullptr);
    if (chief) chief->children.remove(task);
    task.~Task();
    frames_.give(object);
    if (reserved != 0) chief->account().unreserve(reserved);
    return true;
}

} // namespace kern
