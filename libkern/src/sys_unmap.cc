// SPDX-License-Identifier: BSD-2-Clause
#include "kern/kernel.h"

namespace kern {

/// fpage_unmap (docs/semantics.md 9.6).
void Kernel::sys_unmap(Thread& t) {
    machine_.rest(); // lets one come: a shorter way was tried before
    t.job_.emplace<UnmapJob>().start(t.task().space(), t.frame.eax, t.frame.ecx);
    run_unmap(t);
}

void Kernel::run_unmap(Thread& t) {
    UnmapJob& job = *std::get_if<UnmapJob>(&t.job_);
    for (bool entered = t.op_ != Op::unmap;; entered = false) {
        Steps pages{limits_.pages};
        if (entered) pages.pay(way_in(limits_.pages));
        if (map_db_.run(job, pages) != Progress::more) break;
        if (goes_on()) continue;
        t.op_ = Op::unmap;
        return;
    }
    machine_.rest(); // lets one come: what the walk was amid is put away
    t.op_ = Op::none;
    t.frame.eax = job.status();
    t.job_.emplace<std::monostate>();
}

} // namespace kern
