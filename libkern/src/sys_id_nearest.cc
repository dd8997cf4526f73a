// SPDX-License-Identifier: BSD-2-Clause
#include "kern/kernel.h"
#include "l4/abi/thread.h"

namespace kern {

/// Where an id stands in the tree of chiefs, seen from the caller (docs/semantics.md 4).  Goes up through at
/// most as many chiefs as nest can count.
void Kernel::sys_id_nearest(Thread& t) {
    const auto answer = [&](std::uint32_t type, ThreadId id) {
        const l4_threadid_t out = report(id);
        t.frame.eax = type;
        t.frame.esi = out.low;
        t.frame.edi = out.high;
    };
    const l4_threadid_t asked{t.frame.esi, t.frame.edi};
    if (is_nil(asked)) return answer(L4_NC_SAME_CLAN, t.id());
    const TaskNo me = t.task_no(), my_chief = tasks_.chief(me);
    if (is_invalid(asked)) return answer(L4_NC_OUTER_CLAN, {my_chief, 0});
    const ThreadId target = ThreadId::of(asked);
    for (TaskNo d = target.task;; d = tasks_.chief(d)) {
        const ThreadId nearest = d == target.task ? target : ThreadId{d, 0};
        if (d == me || tasks_.chief(d) == my_chief)
            return answer(d == target.task ? L4_NC_SAME_CLAN : L4_NC_INNER_CLAN, nearest);
        if (tasks_.chief(d) == me) return answer(L4_NC_INNER_CLAN, nearest);
        if (d == TaskNo{L4_TASK_KERNEL}) return answer(L4_NC_OUTER_CLAN, {my_chief, 0});
    }
}

} // namespace kern
