// SPDX-License-Identifier: BSD-2-Clause
#include "kern/kernel.h"

namespace kern {

/// fpage_unmap (docs/semantics.md 9.6).
void Kernel::sys_unmap(Thread& t) {
    t.unmap_ = UnmapJob(t.task().space(), t.frame.eax, t.frame.ecx);
    run_unmap(t);
}

void Kernel::run_unmap(Thread& t) {
    Steps pages{limits_.pages};
    if (map_db_.run(t.unmap_, pages) == Progress::more) {
        t.op_ = Op::unmap;
        return;
    }
    t.op_ = Op::none;
    t.frame.eax = t.unmap_.status();
}

} // namespace kern
