// SPDX-License-Identifier: BSD-2-Clause
// abi/table/map.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000, mapped = two_words | got_fpage;

/// A has `count` pages at `here`; the first words are 100, 101, ...
void prepare(int actors, Word count = 1) {
    cast(actors);
    for (Word i = 0; i < count; ++i) {
        *words(page(i)) = 100 + i;
        give(A, here + i * page_size, page(i));
    }
}

Word map_it(Actor& from, Actor& to, Word base, Word flexpage, Word window = whole_space) {
    const Passed p = pass(from, to, base, flexpage, window);
    EQ(p.sent.eax, L4_IPC_OK);
    return p.got.eax;
}

ROW(map_writable) {
    prepare(2);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(B.peek(there), 100);
    YES(B.can_write(there, 4711));
    EQ(A.peek(here), 4711);
    EQ(*words(page(0)), 4711);
}

ROW(map_read_only) {
    prepare(2);
    EQ(map_it(A, B, there, fpage(here, page_log2, 0)), mapped);
    EQ(B.peek(there), 100);
    NO(B.can_write(there + 8));
    EQ(B.fault.w0, (there + 8) | L4_PF_PRESENT | L4_PF_WRITE);
}

ROW(map_narrowed_by_senders_right) {
    prepare(2, 0);
    *words(page(0)) = 100;
    give(A, here, page(0), page_log2, 0);
    NO(A.can_write(here));
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(B.peek(there), 100);
    NO(B.can_write(there));
}

ROW(map_adds_right) {
    prepare(2);
    EQ(map_it(A, B, there, fpage(here, page_log2, 0)), mapped);
    NO(B.can_write(there));
    EQ(map_it(A, B, there, fpage(here)), mapped);
    YES(B.can_write(there));
}

ROW(map_never_takes_right) {
    prepare(2);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(map_it(A, B, there, fpage(here, page_log2, 0)), mapped);
    YES(B.can_write(there));
}

ROW(map_other_frame_is_skipped) {
    prepare(2, 2);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(map_it(A, B, there, fpage(here + page_size)), two_words);
    EQ(B.peek(there), 100);
}

ROW(map_other_parent_is_skipped) {
    prepare(3);
    EQ(map_it(A, B, there, fpage(here, page_log2, 0)), mapped);
    EQ(map_it(A, C, here, fpage(here)), mapped);
    EQ(map_it(C, B, there, fpage(here)), two_words);
    NO(B.can_write(there));
    C.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here), L4_FP_FLUSH));
    EQ(B.peek(there), 100);
}

ROW(map_absent_pages_are_skipped) {
    prepare(2, 0);
    for (const Word i : {1u, 4u}) {
        *words(page(i)) = 100 + i;
        give(A, here + i * page_size, page(i));
    }
    EQ(map_it(A, B, there, fpage(here, 15)), mapped);
    for (Word i = 0; i < 8; ++i)
        if (i == 1 || i == 4)
            EQ(B.peek(there + i * page_size), 100 + i);
        else
            NO(B.can_read(there + i * page_size));
}

ROW(map_hot_spot) {
    prepare(2, 4);
    EQ(map_it(A, B, 0x12345678, fpage(here, 14), fpage(0x40000000, 16, 0) | L4_RCV_MAP), mapped);
    for (Word i = 0; i < 4; ++i) EQ(B.peek(0x40004000 + i * page_size), 100 + i);
    NO(B.can_read(0x40000000));
    NO(B.can_read(0x40008000));
}

ROW(map_whole_space_window) {
    prepare(2, 4);
    EQ(map_it(A, B, there + 0x5678, fpage(here, 14)), mapped);
    for (Word i = 0; i < 4; ++i) EQ(B.peek(there + 0x4000 + i * page_size), 100 + i);
    NO(B.can_read(there));
}

ROW(map_window_wraps) {
    prepare(2, 4);
    EQ(map_it(A, B, 0, fpage(here, 14), fpage(there, 13, 0) | L4_RCV_MAP), mapped);
    EQ(B.peek(there), 100);
    EQ(B.peek(there + page_size), 101);
    NO(B.can_read(there + 2 * page_size));
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, 13), L4_FP_FLUSH | L4_FP_ALL_SPACES));
    EQ(map_it(A, B, 0, fpage(here, 14), fpage(there, 13, 0) | L4_RCV_MAP), mapped);
    EQ(B.peek(there), 102);
    EQ(B.peek(there + page_size), 103);
}

ROW(map_target_in_kernel) {
    prepare(2);
    EQ(map_it(A, B, L4_USER_TOP, fpage(here)), two_words);
    EQ(map_it(A, B, 0xfffff000, fpage(here)), two_words);
    NO(B.can_read(L4_USER_TOP));
}

ROW(map_into_protected_area) {
    prepare(2);
    C.create_thread(A, 1);
    settle();
    Actor* const targets[] = {&B, &C};
    for (Actor* const to : targets) {
        const Word info = to->peek(L4_KIP_ADDRESS);
        for (const Word at : {L4_UTCB_AREA, L4_UTCB_AREA + 0x3000, L4_KIP_ADDRESS})
            EQ(map_it(A, *to, at, fpage(here)), two_words);
        EQ(to->peek(L4_UTCB_AREA + 0x3000), 0);
        EQ(to->peek(L4_KIP_ADDRESS), info);
        for (const Word at : {0xbfeff000u, 0xbff04000u, 0xbfff1000u, 0xbfff3000u}) {
            EQ(map_it(A, *to, at, fpage(here)), mapped);
            EQ(to->peek(at), 100);
        }
    }
}

ROW(map_from_protected_area) {
    prepare(2);
    for (const Word at : {L4_UTCB_AREA, L4_KIP_ADDRESS})
        for (const Word options : {0u, writable, writable | L4_FP_GRANT}) {
            EQ(map_it(A, B, there, fpage(at, page_log2, options)), two_words);
            NO(B.can_read(there));
            YES(A.can_read(at));
        }
}

ROW(map_onto_itself) {
    prepare(1);
    C.create_thread(A, 1);
    settle();
    EQ(map_it(A, C, here, fpage(here)), two_words);
    EQ(map_it(A, C, here, fpage(here, page_log2, writable | L4_FP_GRANT)), two_words);
    EQ(A.peek(here), 100);
    YES(A.can_write(here));
}

ROW(map_chain) {
    prepare(4);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(map_it(B, C, here, fpage(there)), mapped);
    EQ(map_it(C, D, there, fpage(here)), mapped);
    D.can_write(there, 0x4d);
    EQ(A.peek(here), 0x4d);
    EQ(B.peek(there), 0x4d);
    C.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here), L4_FP_FLUSH));
    NO(D.can_read(there));
    B.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(there), L4_FP_FLUSH));
    NO(C.can_read(here));
    YES(B.can_read(there));
}

ROW(map_chain_deepest) {
    // sigma0's mapping, root's, and then A's, each from the one before.
    constexpr Word deepest = 65536, first = 0x30000000, address_of_copy = here;
    static Word made, failed;
    cast(1);
    B.create_thread(A, 1);
    give(A, first, page(0));
    made = failed = 0;
    B.begin([] {
        while (ipc(receive(A.id, after(50000), whole_space)).eax == mapped) {
        }
    });
    settle();
    A.begin([] {
        for (Word i = 0; i < 70000 && failed == 0; ++i, made += failed == 0 ? 1 : 0)
            failed = ipc(send_map(B.id, first + (i + 1) * page_size, fpage(first + i * page_size))).eax;
    });
    for (int i = 0; i < 1000 && failed == 0; ++i) settle(10000);
    A.end();
    B.end();
    EQ(failed, L4_IPC_SEMAPFAILED);
    EQ(made + 3, deepest);
    const Word last = first + made * page_size;
    Passed p = pass(A, B, address_of_copy, fpage(last));
    EQ(p.sent.eax, L4_IPC_SEMAPFAILED);
    EQ(p.got.eax, L4_IPC_REMAPFAILED);
    NO(B.can_read(address_of_copy));
    EQ(map_it(A, B, address_of_copy, fpage(last, page_log2, writable | L4_FP_GRANT)), mapped);
    YES(B.can_read(address_of_copy));
    p = pass(A, B, last, fpage(address_of_copy));
    EQ(p.sent.eax, L4_IPC_SEMAPFAILED);
    EQ(p.got.eax, L4_IPC_REMAPFAILED);
    // All of it goes, however deep.
    A.begin_call(L4_VEC_FPAGE_UNMAP, unmap(fpage(first), L4_FP_FLUSH));
    for (int i = 0; i < 100 && A.busy(); ++i) settle(10000);
    NO(A.busy());
    NO(B.can_read(first + page_size));
    NO(B.can_read(address_of_copy));
}

constexpr Word grant = writable | L4_FP_GRANT;

ROW(grant_moves) {
    prepare(2);
    EQ(map_it(A, B, there, fpage(here, page_log2, grant)), mapped);
    EQ(B.peek(there), 100);
    NO(A.can_read(here));
}

ROW(grant_keeps_children) {
    prepare(3);
    EQ(map_it(A, C, there, fpage(here)), mapped);
    EQ(map_it(A, B, there, fpage(here, page_log2, grant)), mapped);
    YES(C.can_read(there));
    B.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(there), L4_FP_FLUSH));
    NO(C.can_read(there));
    YES(B.can_read(there));
}

ROW(grant_keeps_parent) {
    prepare(3);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(map_it(B, C, there, fpage(there, page_log2, grant)), mapped);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here), L4_FP_FLUSH));
    NO(C.can_read(there));
}

ROW(grant_narrows) {
    prepare(3);
    EQ(map_it(A, C, there, fpage(here)), mapped);
    EQ(map_it(A, B, there, fpage(here, page_log2, L4_FP_GRANT)), mapped);
    YES(B.can_read(there));
    NO(B.can_write(there));
    NO(A.can_read(here));
    // And B cannot make more of it than it has.
    EQ(map_it(B, A, here, fpage(there)), mapped);
    NO(A.can_write(here));
}

ROW(grant_to_full_target) {
    prepare(2, 2);
    EQ(map_it(A, B, there, fpage(here)), mapped);
    EQ(map_it(A, B, there, fpage(here + page_size, page_log2, grant)), two_words);
    EQ(A.peek(here + page_size), 101);
    EQ(B.peek(there), 100);
    EQ(map_it(A, B, there, fpage(here, page_log2, grant)), two_words);
    EQ(A.peek(here), 100);
    EQ(B.peek(there), 100);
}

ROW(grant_within_task) {
    prepare(1);
    C.create_thread(A, 1);
    settle();
    EQ(map_it(A, C, there, fpage(here, page_log2, grant)), mapped);
    EQ(C.peek(there), 100);
    NO(A.can_read(here));
}

} // namespace
} // namespace conformance
