// SPDX-License-Identifier: BSD-2-Clause
// abi/table/io.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word there = 0x60000000, mapped = two_words | got_fpage, patience = after(50000);
constexpr Word flush = L4_FP_FLUSH, all = L4_FP_ALL_SPACES;

constexpr Word ports(Word first, Word log2 = 0, Word options = 0) {
    return l4_io_fpage(first, log2, options);
}

/// sigma0 gives whoever asks; the result for the client.
Word from_sigma0(Actor& to, Word flexpage, Word window = whole_space) {
    return to.ipc(both(sigma0_id, flexpage, 0, patience, 0, window)).eax;
}
Word map_it(Actor& from, Actor& to, Word flexpage, Word window = whole_space, Word base = 0) {
    const Passed p = pass(from, to, base, flexpage, window);
    EQ(p.sent.eax, L4_IPC_OK);
    return p.got.eax;
}
Word do_unmap(Actor& a, Word flexpage, Word mask) {
    return a.call(L4_VEC_FPAGE_UNMAP, unmap(flexpage, mask)).eax;
}

ROW(io_map) {
    cast(1);
    EQ(from_sigma0(A, ports(0x60, 4)), mapped);
    EQ(from_sigma0(A, ports(0x3f8)), mapped);
    EQ(from_sigma0(A, ports(0xffff)), mapped);
    for (const Word port : {0x60u, 0x6fu, 0x3f8u, 0xffffu}) YES(A.can_use_port(port));
    for (const Word port : {0x5fu, 0x70u, 0x3f7u, 0x3f9u, 0xfffeu, 0u}) NO(A.can_use_port(port));
}

ROW(io_map_window) {
    cast(4);
    from_sigma0(D, ports(0x60, 4));
    EQ(map_it(D, A, ports(0x60, 4), whole_space, 0x12345678), mapped);
    EQ(map_it(D, B, ports(0x60, 4), ports(0x68, 3) | L4_RCV_MAP, 0x9000), mapped);
    EQ(map_it(D, C, ports(0x60, 4), ports(0x80, 3) | L4_RCV_MAP), two_words);
    for (const Word port : {0x60u, 0x67u, 0x68u, 0x6fu}) {
        YES(A.can_use_port(port));
        EQ(B.can_use_port(port), port >= 0x68);
        NO(C.can_use_port(port));
    }
}

ROW(io_map_only_what_the_sender_has) {
    cast(2);
    from_sigma0(A, ports(0x60));
    from_sigma0(A, ports(0x64));
    EQ(map_it(A, B, L4_FP_IO_WHOLE), mapped);
    for (Word port = 0x5f; port < 0x66; ++port) EQ(B.can_use_port(port), port == 0x60 || port == 0x64);
}

ROW(io_kinds_do_not_mix) {
    cast(2);
    from_sigma0(A, ports(0x60));
    give(A, there, page(0));
    EQ(map_it(A, B, ports(0x60), fpage(there, 20, 0) | L4_RCV_MAP), two_words);
    EQ(map_it(A, B, fpage(there), L4_FP_IO_WHOLE | L4_RCV_MAP, there), two_words);
    NO(B.can_use_port(0x60));
    NO(B.can_read(there));
}

ROW(io_bad_size) {
    cast(2);
    from_sigma0(A, L4_FP_IO_WHOLE);
    EQ(map_it(A, B, ports(0, 17)), two_words);
    EQ(map_it(A, B, L4_FP_IO_WHOLE), mapped);
    do_unmap(A, ports(0, 17), flush | all);
    YES(A.can_use_port(0x60));
    YES(B.can_use_port(0x60));
}

ROW(io_map_same_giver) {
    cast(2);
    from_sigma0(A, ports(0x60, 4));
    EQ(map_it(A, B, ports(0x60, 1)), mapped);
    EQ(map_it(A, B, ports(0x60, 2)), mapped);
    EQ(map_it(A, B, ports(0x68)), mapped);
    for (const Word port : {0x60u, 0x61u, 0x63u, 0x68u}) YES(B.can_use_port(port));
    NO(B.can_use_port(0x64));
}

ROW(io_map_other_giver) {
    cast(3);
    from_sigma0(A, ports(0x60));
    from_sigma0(C, ports(0x64));
    EQ(map_it(A, B, ports(0x60)), mapped);
    EQ(map_it(C, B, ports(0x64)), two_words);
    NO(B.can_use_port(0x64));
    do_unmap(A, L4_FP_IO_WHOLE, flush);
    EQ(map_it(C, B, ports(0x64)), mapped);
    YES(B.can_use_port(0x64));
    NO(B.can_use_port(0x60));
}

ROW(io_grant) {
    cast(3);
    from_sigma0(A, ports(0x60));
    EQ(map_it(A, C, ports(0x60)), mapped);
    EQ(map_it(A, B, ports(0x60, 0, L4_FP_GRANT)), mapped);
    YES(B.can_use_port(0x60));
    NO(A.can_use_port(0x60));
    NO(C.can_use_port(0x60));
    // sigma0 is the giver now, and may give more, and take it back.
    EQ(from_sigma0(B, ports(0x64)), mapped);
    as_sigma0([] { return call(L4_VEC_FPAGE_UNMAP, unmap(ports(0x60), flush)).eax; });
    NO(B.can_use_port(0x60));
    YES(B.can_use_port(0x64));
    take_ports(); // root had it from sigma0, too
}

ROW(io_grant_to_holder) {
    cast(2);
    from_sigma0(A, ports(0x60));
    from_sigma0(B, ports(0x64));
    EQ(map_it(A, B, ports(0x60, 0, L4_FP_GRANT)), two_words);
    YES(A.can_use_port(0x60));
    NO(B.can_use_port(0x60));
}

/// A has ports 0x60..0x6f from sigma0, B from A, C from B.
void chain() {
    from_sigma0(A, ports(0x60, 4));
    EQ(map_it(A, B, ports(0x60, 4)), mapped);
    EQ(map_it(B, C, ports(0x60, 4)), mapped);
}

ROW(io_unmap_others) {
    cast(3);
    chain();
    EQ(do_unmap(A, ports(0x60, 2), flush), 0);
    for (Actor* const a : {&B, &C}) {
        NO(a->can_use_port(0x60));
        NO(a->can_use_port(0x63));
        YES(a->can_use_port(0x64));
    }
    YES(A.can_use_port(0x60));
}

ROW(io_unmap_all) {
    cast(4);
    from_sigma0(D, ports(0x60, 4));
    EQ(map_it(D, A, ports(0x60, 4)), mapped);
    EQ(map_it(A, B, ports(0x60, 4)), mapped);
    EQ(map_it(B, C, ports(0x60, 4)), mapped);
    EQ(do_unmap(A, ports(0x60, 2), flush | all), 0);
    for (Actor* const a : {&A, &B, &C}) {
        NO(a->can_use_port(0x60));
        YES(a->can_use_port(0x64));
    }
    YES(D.can_use_port(0x60));
}

ROW(io_unmap_task) {
    cast(4);
    chain();
    EQ(map_it(A, D, ports(0x60, 4)), mapped);
    EQ(do_unmap(A, ports(0x60, 4), flush | l4_unmap_in_task(B.task)), 0);
    NO(B.can_use_port(0x60));
    NO(C.can_use_port(0x60));
    YES(A.can_use_port(0x60));
    YES(D.can_use_port(0x60));
}

ROW(io_unmap_read_only) {
    cast(2);
    from_sigma0(A, ports(0x60));
    EQ(map_it(A, B, ports(0x60)), mapped);
    EQ(do_unmap(A, ports(0x60), 0), 0);
    EQ(do_unmap(A, ports(0x60), all), 0);
    YES(A.can_use_port(0x60));
    YES(B.can_use_port(0x60));
}

ROW(io_unmap_whole_space_is_memory) {
    cast(2);
    from_sigma0(A, ports(0x60));
    give(A, there, page(0));
    EQ(map_it(A, B, ports(0x60)), mapped);
    EQ(map_it(A, B, fpage(there), whole_space, there), mapped);
    do_unmap(A, L4_FP_WHOLE_SPACE, flush);
    NO(B.can_read(there));
    YES(B.can_use_port(0x60));
    do_unmap(A, L4_FP_IO_WHOLE, flush);
    NO(B.can_use_port(0x60));
}

ROW(io_task_deleted) {
    cast(3);
    chain();
    l4_task_kill(B.task, root_id);
    NO(C.can_use_port(0x60));
    B.create(B.task);
    settle();
    NO(B.can_use_port(0x60));
    EQ(map_it(A, B, ports(0x68)), mapped);
    YES(B.can_use_port(0x68));
}

} // namespace
} // namespace conformance
