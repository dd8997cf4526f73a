// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include "kern/ids.h"
#include "kern/task.h"
#include "l4/abi/limits.h"

namespace kern {

/// Every task number: the active task behind it, if any, and the task that may create it.
class TaskTable {
public:
    TaskTable() {
        for (std::size_t n = L4_TASK_FIRST_USER; n < L4_TASKS; ++n) entries_[n].chief = TaskNo{L4_TASK_ROOT};
        entries_[L4_TASK_SIGMA0].chief = TaskNo{L4_TASK_ROOT};
    }
    Task* task(TaskNo no) const { return entries_[no.raw()].task; } ///< nullptr: inactive
    TaskNo chief(TaskNo no) const { return entries_[no.raw()].chief; }
    /// nullptr when the task is inactive or has no such thread.
    Thread* thread(ThreadId id) const {
        const Task* const t = task(id.task);
        return t ? t->thread(id.lthread) : nullptr;
    }

    void set_task(TaskNo no, Task* task) { entries_[no.raw()].task = task; }
    void set_chief(TaskNo no, TaskNo chief) { entries_[no.raw()].chief = chief; }

private:
    struct Entry {
        Task* task = nullptr;
        TaskNo chief{};
    };
    std::array<Entry, L4_TASKS> entries_{};
};

} // namespace kern
