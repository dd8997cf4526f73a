// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include "kern/ids.h"
#include "kern/task.h"
#include "l4/abi/limits.h"

namespace kern {

/// Every task number: the active task behind it, if any, and the task that owns it, its chief, which may
/// create it.
class TaskTable {
public:
    /// `idle`: the thread that is nobody.
    explicit TaskTable(Thread& idle) : none_(TaskNo{}, nullptr, 0, idle) {
        for (Entry& entry : entries_) entry.task = &none_;
        entries_[0].owned = L4_TASKS;
        set_chief(TaskNo{L4_TASK_SIGMA0}, TaskNo{L4_TASK_ROOT});
        for (std::uint16_t n = L4_TASK_FIRST_USER; n < L4_TASKS; ++n)
            set_chief(TaskNo{n}, TaskNo{L4_TASK_ROOT});
    }
    Task* task(TaskNo no) const { ///< nullptr: inactive
        Task* const task = entries_[no.raw()].task;
        return task == &none_ ? nullptr : task;
    }
    TaskNo chief(TaskNo no) const { return entries_[no.raw()].chief; }
    std::uint32_t owned(TaskNo no) const { return entries_[no.raw()].owned; } ///< of how many it is the chief
    /// nullptr when the task is inactive or has no such thread.
    Thread* thread(ThreadId id) const { return entries_[id.task.raw()].task->thread(id.lthread); }

    void set_task(TaskNo no, Task* task) { entries_[no.raw()].task = task ? task : &none_; }
    void set_chief(TaskNo no, TaskNo chief) {
        Entry& entry = entries_[no.raw()];
        --entries_[entry.chief.raw()].owned;
        ++entries_[chief.raw()].owned;
        entry.chief = chief;
    }

private:
    friend struct Layout;
    friend struct Saboteur; // tests that break an invariant to see it caught

    struct Entry {
        Task* task = nullptr; ///< `none_`: inactive
        TaskNo chief{};
        std::uint16_t owned = 0;
    };
    std::array<Entry, L4_TASKS> entries_{};
    Task none_; ///< so that a lookup asks once, at its end, whether there is such a thread
};

} // namespace kern
