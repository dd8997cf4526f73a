// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thread_id.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

ROW(id_only_task_and_lthread_count) {
    cast(2);
    B.begin(receive_open());
    settle();
    const Id decorated = {B.id.low | L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK,
                          L4_ID_SITE_MASK | 0x7c0u << L4_ID_CHIEF_SHIFT | L4_ID_NEST_MASK};
    EQ(A.ipc(send(decorated, 6, 7, zero)).eax, L4_IPC_OK);
    EQ(B.end().edx, 6);
}

ROW(id_as_reported) {
    cast(2);
    C.create_below(A, first_task + 2);
    settle();
    Word nest = 0;
    for (Actor* const from : {&A, &C}) {
        B.begin(receive_open());
        settle();
        from->ipc(send(B.id));
        const Regs r = B.end();
        EQ(r.eax, two_words);
        EQ(r.esi, l4_threadid(from->task, 0).low);
        EQ(l4_id_chief({r.esi, r.edi}), nest == 0 ? root_id.low >> L4_ID_TASK_SHIFT : A.task);
        EQ(l4_id_nest({r.esi, r.edi}), nest++);
        EQ(r.edi & L4_ID_SITE_MASK, 0);
    }
}

ROW(id_of_task_0_names_nobody) {
    cast(1);
    EQ(A.ipc(send(l4_threadid(0, 5))).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(id_irq_needs_high_word_0) {
    cast(2);
    for (const Word high : {1u, 0x40u << L4_ID_CHIEF_SHIFT, 1u << L4_ID_NEST_SHIFT})
        EQ(A.ipc(receive({l4_irq_id(serial_irq).low, high}, zero)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(B.ipc(receive(l4_irq_id(serial_irq), zero)).eax, L4_IPC_RETIMEOUT);
    B.run(l4_irq_detach);
}

} // namespace
} // namespace conformance
