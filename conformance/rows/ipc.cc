// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc.toml
#include "conformance/harness/row.h"

namespace conformance {
namespace {

ROW(ipc_nothing_to_do) {
    cast(2);
    for (const Id id : {nil, invalid, B.id, l4_threadid(1500, 0)})
        for (const Word timeouts : {never, zero})
            EQ(A.ipc(both(id, 1, 2, timeouts, no_send, no_receive)).eax, 0);
}

ROW(ipc_no_clans) {
    cast(2);
    C.create_below(A, first_task + 2);
    D.create_below(B, first_task + 3);
    settle();
    D.begin(receive_open());
    settle();
    EQ(C.ipc(send(D.id, 1, 2)).eax, L4_IPC_OK);
    const Regs r = D.end();
    EQ(r.eax, two_words);
    EQ(r.esi, C.id.low);
    EQ(r.edi, C.id.high);
    EQ(l4_id_chief({r.esi, r.edi}), A.task);
}

} // namespace
} // namespace conformance
