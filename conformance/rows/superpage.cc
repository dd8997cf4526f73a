// SPDX-License-Identifier: BSD-2-Clause
// abi/table/superpage.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000, mapped = two_words | got_fpage;
/// A task, a thread, a frame of nodes: there is no page table.
constexpr Word no_table = L4_KMEM_TASK + 2;

/// A has superpages at `here`; the first word of page i of the first is 1000 + i. B has so many frames.
void prepare(Word quota_of_b = 0, Word count = 1) {
    A.create(first_task);
    B.create(first_task + 1, {.quota = quota_of_b});
    settle();
    for (Word n = 0; n < count; ++n) {
        const Word large = superpage(n);
        for (Word i = 0; i < 1024; ++i) *words(large + i * page_size) = 1000 + n * 1024 + i;
        give(A, here + n * super_size, large, super_log2);
    }
}

Word map_it(Actor& from, Actor& to, Word base, Word flexpage, Word window = whole_space) {
    const Passed p = pass(from, to, base, flexpage, window);
    EQ(p.sent.eax, L4_IPC_OK);
    return p.got.eax;
}

Word place, first_value, pages_wrong;
/// `a` has pages at `at` whose first words count from `value` on.
void expect_pages(Actor& a, Word at, Word value, Word count) {
    static Word number;
    place = at;
    first_value = value;
    number = count;
    pages_wrong = 0;
    a.run([] {
        for (Word i = 0; i < number; ++i)
            pages_wrong += *words(place + i * page_size) != first_value + i ? 1u : 0u;
    });
    EQ(pages_wrong, 0);
}

ROW(superpage_as_one) {
    // 4 superpages side by side, at a multiple of their size here and in root's memory.
    prepare(no_table, 4);
    EQ(map_it(A, B, there, fpage(here, super_log2)), mapped);
    expect_pages(B, there, 1000, 1024);
    EQ(map_it(A, B, 0x70000000, fpage(here, super_log2 + 2)), mapped);
    expect_pages(B, 0x70000000, 1000, 4096);
}

ROW(superpage_part) {
    prepare();
    EQ(map_it(A, B, there, fpage(here + 5 * page_size)), mapped);
    EQ(B.peek(there), 1005);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, super_log2), L4_FP_FLUSH));
    NO(B.can_read(there));
    YES(A.can_read(here));
}

ROW(superpage_unaligned_target) {
    prepare();
    EQ(map_it(A, B, 0x40200000, fpage(here, 21)), mapped);
    expect_pages(B, 0x40200000, 1000, 512);
    NO(B.can_read(0x40000000));
    NO(B.can_read(0x40400000));
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, super_log2), L4_FP_FLUSH));
    NO(B.can_read(0x40200000));
    NO(B.can_read(0x40200000 + 511 * page_size));
}

ROW(superpage_into_used_region) {
    prepare();
    *words(page(0)) = 77;
    give(B, there + 3 * page_size, page(0));
    EQ(map_it(A, B, there, fpage(here, super_log2)), mapped);
    expect_pages(B, there, 1000, 3);
    EQ(B.peek(there + 3 * page_size), 77);
    expect_pages(B, there + 4 * page_size, 1004, 1020);
}

ROW(superpage_into_protected_region) {
    prepare();
    const Word base = 0xbfc00000;
    const Word utcb = B.peek(L4_UTCB_AREA + 0x3000);
    EQ(map_it(A, B, base, fpage(here, super_log2)), mapped);
    expect_pages(B, base, 1000, 768);
    expect_pages(B, 0xbff04000, 1000 + 772, 1010 - 772);
    expect_pages(B, 0xbfff3000, 1000 + 1011, 13);
    EQ(B.peek(L4_UTCB_AREA + 0x3000), utcb);
    EQ(B.peek(L4_KIP_ADDRESS), L4_KIP_MAGIC);
}

ROW(superpage_into_small_window) {
    prepare();
    EQ(map_it(A, B, 0, fpage(here, super_log2), fpage(there, 16, 0) | L4_RCV_MAP), mapped);
    expect_pages(B, there, 1000, 16);
    NO(B.can_read(there + 16 * page_size));
}

ROW(superpage_again_adds_right) {
    prepare(no_table);
    EQ(map_it(A, B, there, fpage(here, super_log2, 0)), mapped);
    NO(B.can_write(there + page_size));
    EQ(map_it(A, B, there, fpage(here, super_log2)), mapped);
    YES(B.can_write(there + page_size, 1001));
    expect_pages(B, there, 1000, 1024);
}

ROW(superpage_target_of_page) {
    prepare(0, 2);
    EQ(map_it(A, B, there, fpage(here, super_log2)), mapped);
    EQ(map_it(A, B, there, fpage(here + super_size)), two_words);
    EQ(map_it(A, B, there, fpage(here + 3 * page_size)), two_words);
    EQ(B.peek(there), 1000);
}

ROW(superpage_pages_stay_pages) {
    // With just that many frames for B: a page table and the nodes of 1024 pages beside the program's.
    prepare(no_table + L4_KMEM_TABLE + 8);
    C.create(first_task + 2);
    settle();
    // C gets A's superpage as pages, in the same order: an aligned 4 MiB of frames.
    give(C, there + super_size, page(0));
    for (Word i = 0; i < 2; ++i)
        EQ(map_it(A, C, there + i * (super_size / 2), fpage(here + i * (super_size / 2), 21)), mapped);
    EQ(map_it(C, B, there, fpage(there, super_log2)), mapped);
    expect_pages(B, there, 1000, 1024);
    C.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(there + 7 * page_size), L4_FP_FLUSH));
    NO(B.can_read(there + 7 * page_size));
    YES(B.can_read(there + 8 * page_size));
    C.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(there + 8 * page_size), L4_FP_FLUSH | L4_FP_ALL_SPACES));
    NO(B.can_read(there + 8 * page_size));
    YES(B.can_read(there + 9 * page_size));
    // One frame less for nodes is too few: they are 1024 mappings.
    l4_task_kill(B.task, root_id);
    B.create(B.task, {.quota = no_table + L4_KMEM_TABLE + 7});
    settle();
    EQ(pass(C, B, there, fpage(there, super_log2)).sent.eax, L4_IPC_SEMAPFAILED);
}

constexpr Word grant = writable | L4_FP_GRANT;

ROW(superpage_granted) {
    prepare(no_table + L4_KMEM_FANOUT);
    C.create(first_task + 2);
    settle();
    EQ(map_it(A, C, there, fpage(here, 14)), mapped);
    EQ(map_it(A, B, there, fpage(here, super_log2, grant)), mapped);
    expect_pages(B, there, 1000, 1024);
    NO(A.can_read(here));
    expect_pages(C, there, 1000, 4);
    B.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(there, super_log2), L4_FP_FLUSH));
    NO(C.can_read(there));
}

ROW(superpage_part_granted) {
    prepare();
    EQ(map_it(A, B, there, fpage(here, page_log2, grant)), two_words);
    NO(B.can_read(there));
    expect_pages(A, here, 1000, 1024);
}

ROW(superpage_split_part_mapped) {
    prepare();
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here + page_size), L4_FP_FLUSH | L4_FP_ALL_SPACES));
    EQ(map_it(A, B, there, fpage(here + 2 * page_size)), mapped);
    EQ(B.peek(there), 1002);
    EQ(map_it(A, B, there + page_size, fpage(here + 3 * page_size, page_log2, grant)), two_words);
    NO(B.can_read(there + page_size));
    EQ(A.peek(here + 3 * page_size), 1003);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here + 2 * page_size), L4_FP_FLUSH));
    NO(B.can_read(there));
}

// The longest chain does not fit into one space: a hundred tasks of two threads each.
constexpr Word per_task = 680, first_place = 0x14000000, deepest = 65536, most_tasks = 110;
Actor chain[most_tasks][2];
Word link, made, failed;

Word place_of(Word n) { return first_place + n % per_task * super_size; }
Actor& holder(Word n, Word thread) { return chain[n / per_task][thread]; }

void make_links() {
    for (; failed == 0 && link < per_task * (made / per_task) + per_task - 1; ++link) {
        failed = ipc(send_map(holder(link, 1).id, place_of(link + 1), fpage(place_of(link), super_log2))).eax;
        if (failed == 0) ++made;
    }
}

void take_links() {
    const Id from = holder(link, 0).id;
    while (ipc(receive(from, after(20000), whole_space)).eax == mapped) {
    }
}

ROW(superpage_chain_deepest) {
    link = made = failed = 0;
    const Word large = superpage(0);
    for (Word t = 0; t < most_tasks && failed == 0; ++t) {
        chain[t][0].create(first_task + t);
        settle();
        chain[t][1].create_thread(chain[t][0], 1);
        settle();
        if (t == 0) {
            give(chain[0][0], first_place, large, super_log2);
        } else {
            failed =
                pass(chain[t - 1][0], chain[t][0], first_place, fpage(place_of(per_task - 1), super_log2))
                    .sent.eax;
            if (failed != 0) break;
            ++link;
            ++made;
        }
        chain[t][1].begin(take_links);
        settle();
        chain[t][0].run(make_links);
        chain[t][1].end();
    }
    EQ(failed, L4_IPC_SEMAPFAILED);
    // sigma0's and root's come before the first.
    EQ(made + 3, deepest);
    Actor &last = holder(made, 0), &other = holder(made, 1);
    const Word at = place_of(made), free_place = 0x10000000;
    for (const Word log2 : {super_log2, page_log2}) {
        const Passed p = pass(last, other, free_place, fpage(at, log2));
        EQ(p.sent.eax, L4_IPC_SEMAPFAILED);
        EQ(p.got.eax, L4_IPC_REMAPFAILED);
    }
    EQ(map_it(last, other, free_place, fpage(at, super_log2, grant)), mapped);
    EQ(pass(last, other, at, fpage(free_place, super_log2)).sent.eax, L4_IPC_SEMAPFAILED);
    YES(last.can_read(free_place));
}

} // namespace
} // namespace conformance
