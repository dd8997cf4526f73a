// SPDX-License-Identifier: BSD-2-Clause
// abi/table/limits.toml
#include "conformance/harness/row.h"

namespace conformance {
namespace {

Regs set_own_prio(Id me, Word prio) {
    return call(L4_VEC_THREAD_SCHEDULE, schedule(me, default_slice(prio)));
}

ROW(boot_sigma0) {
    EQ(at_boot.sigma0.eax & L4_SCHED_PRIO_MASK, L4_PRIO_SIGMA0);
    cast(1);
    A.begin(receive_open());
    settle();
    as_sigma0([] { return ipc(send(A.id)).eax; });
    const Regs r = A.end();
    EQ(r.esi, L4_TASK_SIGMA0 << L4_ID_TASK_SHIFT);
    EQ(r.edi, L4_TASK_ROOT << L4_ID_CHIEF_SHIFT);
    EQ(as_sigma0([] { return set_own_prio(sigma0_id, 1).eax; }), L4_SCHED_ERROR);
}

/// That root ran before sigma0 is over when root's first page is there: sigma0 gave it.
ROW(boot_root) {
    EQ(at_boot.root.eax & L4_SCHED_PRIO_MASK, L4_PRIO_ROOT);
    EQ(at_boot.root_registers.esi, sigma0_id.low);
    EQ(at_boot.root_id.esi, L4_TASK_ROOT << L4_ID_TASK_SHIFT);
    EQ(at_boot.root_id.edi, 0);
    YES(set_own_prio(root_id, 255).eax != L4_SCHED_ERROR);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(root_id)).eax & L4_SCHED_PRIO_MASK, 255);
    set_own_prio(root_id, director_prio);
}

ROW(boot_numbers_belong_to_root) {
    A.create(L4_TASK_FIRST_USER);
    B.create(L4_TASKS - 1);
    settle();
    EQ(A.call(L4_VEC_ID_NEAREST, nearest(nil)).eax, L4_NC_SAME_CLAN);
    EQ(l4_id_chief(A.id), L4_TASK_ROOT);
    EQ(l4_id_chief(B.id), L4_TASK_ROOT);
    EQ(l4_id_task(B.id), L4_TASKS - 1);
}

} // namespace
} // namespace conformance
