// SPDX-License-Identifier: BSD-2-Clause
// abi/table/id_nearest.toml
#include "conformance/harness/row.h"

namespace conformance {
namespace {

/// A and B are root's, C is A's, D is C's.
void family() {
    cast(2);
    C.create_below(A, first_task + 2);
    settle();
    D.create_below(C, first_task + 3);
    settle();
}

void expect_nearest(Actor& who, Id of, Word type, Id nearest_one) {
    const Regs r = who.call(L4_VEC_ID_NEAREST, nearest(of));
    EQ(r.eax, type);
    EQ(r.esi, nearest_one.low);
    EQ(r.edi, nearest_one.high);
}

/// Another lthread of the same task.
Id lthread(const Actor& a, Word n) { return {l4_threadid(a.task, n).low, a.id.high}; }

ROW(id_nearest_nil_is_myself) {
    family();
    for (Actor* const a : {&A, &C, &D}) {
        expect_nearest(*a, nil, L4_NC_SAME_CLAN, a->id);
        expect_nearest(*a, {0, 0x12345678}, L4_NC_SAME_CLAN, a->id);
    }
}

ROW(id_nearest_invalid_is_my_chief) {
    family();
    expect_nearest(C, invalid, L4_NC_OUTER_CLAN, A.id);
    expect_nearest(D, invalid, L4_NC_OUTER_CLAN, C.id);
    expect_nearest(A, invalid, L4_NC_OUTER_CLAN, {at_boot.root_id.esi, at_boot.root_id.edi});
}

ROW(id_nearest_same_task) {
    family();
    E.create_thread(C, 1);
    settle();
    expect_nearest(C, l4_threadid(C.task, 1), L4_NC_SAME_CLAN, lthread(C, 1));
    expect_nearest(C, l4_threadid(C.task, 100), L4_NC_SAME_CLAN, lthread(C, 100));
}

ROW(id_nearest_sibling) {
    family();
    expect_nearest(A, B.id, L4_NC_SAME_CLAN, B.id);
    expect_nearest(B, l4_threadid(A.task, 3), L4_NC_SAME_CLAN, lthread(A, 3));
}

ROW(id_nearest_below_sibling) {
    family();
    expect_nearest(B, C.id, L4_NC_INNER_CLAN, A.id);
    expect_nearest(B, D.id, L4_NC_INNER_CLAN, A.id);
}

ROW(id_nearest_child) {
    family();
    expect_nearest(A, l4_threadid(C.task, 3), L4_NC_INNER_CLAN, lthread(C, 3));
}

ROW(id_nearest_grandchild) {
    family();
    expect_nearest(A, l4_threadid(D.task, 3), L4_NC_INNER_CLAN, C.id);
}

ROW(id_nearest_my_chief) {
    family();
    expect_nearest(C, l4_threadid(A.task, 3), L4_NC_OUTER_CLAN, A.id);
}

ROW(id_nearest_outside) {
    family();
    expect_nearest(C, B.id, L4_NC_OUTER_CLAN, A.id);
    expect_nearest(C, l4_threadid(0, 5), L4_NC_OUTER_CLAN, A.id);
    expect_nearest(D, A.id, L4_NC_OUTER_CLAN, C.id);
}

ROW(id_nearest_number_never_created) {
    const Regs r = call(L4_VEC_ID_NEAREST, nearest(l4_threadid(100, 7)));
    EQ(r.eax, L4_NC_INNER_CLAN);
    EQ(r.esi, l4_threadid(100, 7).low);
    EQ(r.edi, L4_TASK_ROOT << L4_ID_CHIEF_SHIFT);
}

} // namespace
} // namespace conformance
