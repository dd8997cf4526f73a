// SPDX-License-Identifier: BSD-2-Clause
// task_new: tasks come and go (semantics 5).
#include <algorithm>

#include "l4/abi/thread.h"
#include "spec/system.h"

namespace spec {

void System::sys_task_new(ThreadName self) {
    const Registers in = thread(self).registers;
    const TaskNo number = name_in({in.esi, in.edi}).task;
    const bool creates = in.ebx != L4_NIL_LOW;
    Word error = task_new_error(self, number);
    if (error == 0) {
        if (active(number)) {
            kill_tree(number, self.task);
        }
        if (!creates) {
            chief_[number] = name_in({in.eax, 0}).task;
        } else if (!create_task(self, number)) {
            error = L4_TASK_NEW_ENOMEM;
        }
    }
    const Word quota = creates ? (in.eax & L4_TASK_NEW_QUOTA_MASK) >> L4_TASK_NEW_QUOTA_SHIFT : 0;
    const Id id = error == 0 ? reported({number, 0}) : Id{};
    Registers& out = thread(self).registers;
    out.esi = id.low;
    out.edi = id.high;
    out.eax = error == 0 ? quota : error;
    out.ecx = memory_.accounts.free_frames(memory_.account_of(self.task));
    out.edx = out.ebx = out.ebp = 0;
}

/// 5.1; 0 when nothing speaks against it.
Word System::task_new_error(ThreadName self, TaskNo number) const {
    const Registers& in = thread(self).registers;
    if (number <= L4_TASK_ROOT || chief_[number] != self.task) {
        return L4_TASK_NEW_EPERM;
    }
    if (in.ebx != L4_NIL_LOW) {
        return nest_of(self.task) == 15 ? L4_TASK_NEW_EINVAL : 0;
    }
    const TaskNo heir = name_in({in.eax, 0}).task;
    return active(heir) && heir != number && !is_below(heir, number) ? 0 : L4_TASK_NEW_EINVAL;
}

/// 5.3.  False when an account can not pay.
bool System::create_task(ThreadName self, TaskNo number) {
    const Registers in = thread(self).registers;
    const Word quota = (in.eax & L4_TASK_NEW_QUOTA_MASK) >> L4_TASK_NEW_QUOTA_SHIFT;
    const TaskNo callers = memory_.account_of(self.task);
    const TaskNo account = quota == 0 ? callers : number;
    if (quota != 0 && !memory_.accounts.open(number, quota, callers)) {
        return false;
    }
    if (!memory_.accounts.pay(account, {.frames = L4_KMEM_TASK, .threads = 1})) {
        if (quota != 0) {
            memory_.accounts.close(number, callers);
        }
        return false;
    }
    memory_.accounts.refund(account, {.threads = 1}); // the slab has room for it now; create_thread() pays
    memory_.create(number, account);
    ram_.make_utcbs(number);
    chief_[number] = self.task;
    tasks_[number] = {
        .nest = self.task == L4_TASK_ROOT ? 0 : nest_of(self.task) + 1, .age = ++task_count_, .present = {}};

    Thread first;
    first.dead = false;
    first.prio = thread(self).prio;
    first.mcp = std::min(thread(self).mcp, in.eax & L4_TASK_NEW_MCP_MASK);
    first.pager = {in.ebx, in.ebp};
    first.registers.eip = in.edx;
    first.registers.esp = in.ecx;
    first.triggered = (in.eax & L4_TASK_NEW_RAISE_EXCEPTION) != 0;
    first.alien = (in.eax & L4_TASK_NEW_ALIEN) != 0;
    return create_thread({number, 0}, first);
}

/// The active tasks of one chief, oldest first.
std::vector<TaskNo> System::tasks_of(TaskNo chief) const {
    std::vector<TaskNo> found;
    for (const auto& [number, task] : tasks_) {
        if (chief_[number] == chief) {
            found.push_back(number);
        }
    }
    std::sort(found.begin(), found.end(),
              [this](TaskNo a, TaskNo b) { return tasks_.at(a).age < tasks_.at(b).age; });
    return found;
}

/// 5.2
void System::kill_tree(TaskNo task, TaskNo heir) {
    for (const TaskNo below : tasks_of(task)) {
        kill_tree(below, heir);
    }
    kill_task(task, heir);
}

void System::kill_task(TaskNo task, TaskNo heir) {
    const auto present = tasks_.at(task).present;
    for (const ThreadName name : present) {
        delete_thread(name);
    }
    const TaskNo account = memory_.account_of(task);
    memory_.destroy(task);
    ram_.drop_utcbs(task);
    if (account == task) {
        memory_.accounts.close(task, memory_.account_of(chief_[task]));
    } else {
        memory_.accounts.refund(account, {.frames = L4_KMEM_TASK});
    }
    std::replace(chief_.begin(), chief_.end(), task, heir);
    tasks_.erase(task);
}

} // namespace spec
