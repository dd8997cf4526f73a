// SPDX-License-Identifier: BSD-2-Clause
// Thread ids, who is whose chief, id_nearest (semantics 2 and 4).
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "spec/system.h"

namespace spec {
namespace {

/// The six low bits of the chief field carry flags in a partner id.
constexpr Word partner_flags = 0x3fu << L4_ID_CHIEF_SHIFT;

} // namespace

/// A thread that exists (2.1), dead or not.
std::optional<ThreadName> System::find(Id id) const {
    if (id.is_nil() || id.is_invalid() || !exists(name_in(id))) {
        return std::nullopt;
    }
    return name_in(id);
}

/// A thread that IPC, thread_switch and page faults can reach (2.3).
std::optional<ThreadName> System::find_live(Id id) const {
    const auto name = find(id);
    return name && !thread(*name).dead ? name : std::nullopt;
}

/// 13.1, 17.3: what the id says, whether or not there is such a thread.
bool System::has_pager_in(const Thread& t, TaskNo task) {
    return !t.pager.is_invalid() && name_in(t.pager).task == task;
}

/// 2.4
std::optional<Word> System::irq_line(Id id) {
    if (id.low < L4_IRQ_ID_FIRST || id.low > L4_IRQ_ID_LAST || (id.high & ~partner_flags) != 0) {
        return std::nullopt;
    }
    return id.low - L4_IRQ_ID_FIRST;
}

Word System::nest_of(TaskNo number) const {
    const auto task = tasks_.find(number);
    return task == tasks_.end() ? 0 : task->second.nest;
}

/// 2.2
Id System::reported(ThreadName name) const {
    return {l4_threadid(name.task, name.lthread).low,
            (Word{chief_[name.task]} << L4_ID_CHIEF_SHIFT) | (nest_of(name.task) << L4_ID_NEST_SHIFT)};
}

bool System::is_below(TaskNo task, TaskNo above) const {
    for (TaskNo up = chief_[task]; up != L4_TASK_KERNEL; up = chief_[up]) {
        if (up == above) {
            return true;
        }
    }
    return false;
}

void System::sys_id_nearest(ThreadName self) {
    Registers& r = thread(self).registers;
    const Id id{r.esi, r.edi};
    const auto answer = [&r](Word type, Id nearest) {
        r.eax = type;
        r.esi = nearest.low;
        r.edi = nearest.high;
    };
    const TaskNo me = self.task;
    const ThreadName own_chief{chief_[me], 0};
    if (id.is_nil()) {
        return answer(L4_NC_SAME_CLAN, reported(self));
    }
    if (id.is_invalid()) {
        return answer(L4_NC_OUTER_CLAN, reported(own_chief));
    }
    const ThreadName destination = name_in(id);
    for (TaskNo d = destination.task;; d = chief_[d]) {
        const bool direct = d == destination.task;
        const Id nearest = reported(direct ? destination : ThreadName{d, 0});
        if (d == me || chief_[d] == chief_[me]) {
            return answer(direct ? L4_NC_SAME_CLAN : L4_NC_INNER_CLAN, nearest);
        }
        if (chief_[d] == me) {
            return answer(L4_NC_INNER_CLAN, nearest);
        }
        if (d == L4_TASK_KERNEL) {
            return answer(L4_NC_OUTER_CLAN, reported(own_chief));
        }
    }
}

} // namespace spec
