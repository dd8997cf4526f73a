// SPDX-License-Identifier: BSD-2-Clause
// abi/table/unmap.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000;
constexpr Word flush = L4_FP_FLUSH, all = L4_FP_ALL_SPACES;
constexpr Word used = L4_FP_REFERENCED, written = L4_FP_REFERENCED | L4_FP_DIRTY;

/// A has `count` pages at `here`, writable, from root, and nobody has used them.
void prepare(int actors, Word count = 1) {
    cast(actors);
    for (Word i = 0; i < count; ++i) {
        *words(page(i)) = 100 + i;
        give(A, here + i * page_size, page(i));
    }
}
void map_to(Actor& from, Word at, Actor& to, Word base, Word log2 = page_log2) {
    EQ(pass(from, to, base, fpage(at, log2)).got.eax, two_words | got_fpage);
}
Word do_unmap(Actor& a, Word at, Word mask, Word log2 = page_log2) {
    return a.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(at, log2, 0), mask)).eax;
}

ROW(unmap_flush_others) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    do_unmap(A, here, flush);
    NO(B.can_read(there));
    NO(C.can_read(there));
    YES(A.can_write(here));
}

ROW(unmap_flush_all) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    do_unmap(A, here, flush | all);
    NO(A.can_read(here));
    NO(B.can_read(there));
    NO(C.can_read(there));
    EQ(*words(page(0)), 100);
}

ROW(unmap_read_only_others) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    YES(B.can_write(there));
    do_unmap(A, here, 0);
    for (Actor* const a : {&B, &C}) {
        YES(a->can_read(there));
        NO(a->can_write(there));
    }
    YES(A.can_write(here));
}

ROW(unmap_read_only_all) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    do_unmap(A, here, all);
    NO(A.can_write(here));
    NO(B.can_write(there));
    NO(C.can_write(there));
    YES(C.can_read(there));
    *words(page(0)) = 5;
    map_to(A, here, B, there);
    NO(B.can_write(there));
    EQ(B.peek(there), 5);
}

ROW(unmap_is_recursive) {
    prepare(4);
    map_to(A, here, B, there);
    map_to(B, there, C, there);
    map_to(C, there, D, there);
    do_unmap(A, here, 0);
    for (Actor* const a : {&B, &C, &D}) {
        YES(a->can_read(there));
        NO(a->can_write(there));
    }
    do_unmap(A, here, flush);
    for (Actor* const a : {&B, &C, &D}) NO(a->can_read(there));
}

ROW(unmap_only_below_the_caller) {
    prepare(4);
    map_to(A, here, B, there);
    map_to(B, there, C, there);
    map_to(A, here, D, there);
    do_unmap(B, there, flush | all);
    NO(B.can_read(there));
    NO(C.can_read(there));
    YES(A.can_write(here));
    YES(D.can_write(there));
}

ROW(unmap_range) {
    prepare(2, 8);
    map_to(A, here, B, there, 15);
    do_unmap(A, here + 4 * page_size, flush, 14);
    for (Word i = 0; i < 4; ++i) {
        EQ(B.peek(there + i * page_size), 100 + i);
        NO(B.can_read(there + (4 + i) * page_size));
    }
}

ROW(unmap_whole_space) {
    constexpr Word places[] = {0x400000, here, 0x9f123000, L4_USER_TOP - page_size};
    cast(2);
    Word i = 0;
    for (const Word at : places) {
        give(A, at, page(i++));
        map_to(A, at, B, at);
    }
    A.can_write(L4_UTCB_AREA + 0x2000, 0x7777);
    do_unmap(A, 0, flush, 32);
    for (const Word at : places) {
        NO(B.can_read(at));
        YES(A.can_read(at));
    }
    do_unmap(A, 0, flush | all, 32);
    for (const Word at : places) NO(A.can_read(at));
    EQ(A.peek(L4_UTCB_AREA + 0x2000), 0x7777);
    EQ(A.peek(L4_KIP_ADDRESS), L4_KIP_MAGIC);
}

ROW(unmap_other_address) {
    prepare(2);
    map_to(A, here, B, there);
    do_unmap(A, there, flush);
    YES(B.can_read(there));
    do_unmap(A, here, flush);
    NO(B.can_read(there));
}

ROW(unmap_nothing) {
    prepare(2);
    map_to(A, here, B, there);
    EQ(do_unmap(A, there, flush | all), 0);
    for (const Word size : {0u, 11u, 33u, 63u}) EQ(do_unmap(A, here, flush | all, size), 0);
    YES(A.can_write(here));
    YES(B.can_write(there));
}

ROW(unmap_protected_area) {
    prepare(1);
    A.can_write(L4_UTCB_AREA, 0x8888);
    for (const Word at : {L4_UTCB_AREA, L4_KIP_ADDRESS}) EQ(do_unmap(A, at, flush | all), 0);
    EQ(A.peek(L4_UTCB_AREA), 0x8888);
    YES(A.can_write(L4_UTCB_AREA));
    EQ(A.peek(L4_KIP_ADDRESS), L4_KIP_MAGIC);
}

ROW(unmap_task_only) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    do_unmap(A, here, flush | l4_unmap_in_task(B.task));
    NO(B.can_read(there));
    YES(A.can_write(here));
    YES(C.can_write(there));
}

ROW(unmap_task_and_below) {
    prepare(4);
    map_to(A, here, B, there);
    map_to(B, there, C, there);
    map_to(C, there, D, there);
    do_unmap(A, here, flush | l4_unmap_in_task(C.task));
    NO(C.can_read(there));
    NO(D.can_read(there));
    YES(B.can_write(there));
    do_unmap(A, here, flush | l4_unmap_in_task(B.task));
    NO(B.can_read(there));
}

ROW(unmap_task_other_with_bit_31) {
    prepare(4);
    map_to(A, here, B, there);
    map_to(B, there, C, there);
    map_to(A, here, D, there);
    do_unmap(A, here, flush | all | l4_unmap_in_task(B.task));
    YES(A.can_write(here));
    YES(D.can_write(there));
    NO(B.can_read(there));
    NO(C.can_read(there));
}

ROW(unmap_task_own_with_bit_31) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(B, there, C, there);
    do_unmap(A, here, flush | all | l4_unmap_in_task(A.task));
    NO(A.can_read(here));
    NO(B.can_read(there));
    NO(C.can_read(there));
}

ROW(unmap_task_own_without_bit_31) {
    prepare(2);
    E.create_thread(A, 1);
    settle();
    map_to(A, here, B, there);
    map_to(A, here, E, there);
    YES(A.can_read(there));
    do_unmap(A, here, flush | l4_unmap_in_task(A.task));
    NO(A.can_read(there));
    YES(A.can_write(here));
    YES(B.can_write(there));
}

ROW(unmap_task_read_only) {
    prepare(3);
    map_to(A, here, B, there);
    map_to(A, here, C, there);
    do_unmap(A, here, l4_unmap_in_task(B.task));
    YES(B.can_read(there));
    NO(B.can_write(there));
    YES(C.can_write(there));
    YES(A.can_write(here));
}

ROW(unmap_status) {
    prepare(2);
    for (const Word mask : {0u, flush}) {
        map_to(A, here, B, there);
        EQ(do_unmap(A, here, mask), 0);
        if (mask != 0) map_to(A, here, B, there);
        B.can_read(there);
        EQ(do_unmap(A, here, mask), used);
        do_unmap(A, here, flush);
        map_to(A, here, B, there);
        B.can_write(there);
        EQ(do_unmap(A, here, mask), written);
        do_unmap(A, here, flush);
    }
}

ROW(unmap_status_is_or) {
    prepare(3, 2);
    map_to(A, here, B, there);
    map_to(A, here + page_size, C, there);
    B.can_read(there);
    C.can_write(there);
    EQ(do_unmap(A, here, flush, 13), written);
}

ROW(unmap_status_only_of_touched) {
    prepare(2);
    A.can_write(here);
    map_to(A, here, B, there);
    EQ(do_unmap(A, here, flush), 0);
    EQ(do_unmap(A, here, flush | all), written);
}

ROW(unmap_status_reset) {
    prepare(2);
    map_to(A, here, B, there);
    B.can_write(there);
    EQ(do_unmap(A, here, 0), written);
    EQ(do_unmap(A, here, 0), written);
    EQ(do_unmap(A, here, L4_UNMAP_RESET), written);
    EQ(do_unmap(A, here, L4_UNMAP_RESET), 0);
    B.can_read(there);
    EQ(do_unmap(A, here, 0), used);
}

/// A has a superpage at `here`; the first word of page i is 1000 + i.
void prepare_super(int actors) {
    cast(actors);
    const Word large = superpage(0);
    for (Word i = 0; i < 1024; ++i) *words(large + i * page_size) = 1000 + i;
    give(A, here, large, super_log2);
}

/// Whether it still is one: it can be passed on as one, and so needs no page table.
bool is_superpage(Actor& a, Word at, Word writable_or_not = writable) {
    Actor& checker = F;
    checker.create(first_task + 9, {.quota = L4_KMEM_TASK + 2});
    settle();
    const Passed p = pass(a, checker, there, fpage(at, super_log2, writable_or_not));
    const bool one = p.sent.eax == L4_IPC_OK && checker.can_read(there + super_size - page_size);
    l4_task_kill(checker.task, root_id);
    return one;
}

ROW(unmap_superpage_whole) {
    prepare_super(3);
    map_to(A, here, B, there, super_log2);
    map_to(A, here, C, there, 14);
    YES(B.can_read(there));
    YES(C.can_read(there));
    do_unmap(A, here, flush, super_log2);
    NO(B.can_read(there + 5 * page_size));
    NO(C.can_read(there));
    YES(is_superpage(A, here));
}

ROW(unmap_superpage_part_of_pages) {
    prepare_super(2);
    map_to(A, here, B, there, 14);
    do_unmap(A, here + page_size, flush);
    NO(B.can_read(there + page_size));
    EQ(B.peek(there), 1000);
    EQ(B.peek(there + 2 * page_size), 1002);
    YES(is_superpage(A, here));
}

/// All pages of the superpage at `at` but the second can be read, and written if `writes`.
void expect_all_but_one(Actor& a, Word at, bool second_can_be_read) {
    static Word place, skipped;
    place = at;
    skipped = 1;
    a.run([] {
        for (Word i = 0; i < 1024; ++i) {
            if (i == skipped) continue;
            auto* const word = words(place + i * page_size);
            if (*word != 1000 + i) log('x');
            *word = 1000 + i;
        }
    });
    LOG("");
    EQ(a.can_read(at + page_size), second_can_be_read);
    NO(a.can_write(at + page_size));
}

ROW(unmap_splits_own_superpage) {
    prepare_super(1);
    do_unmap(A, here + page_size, flush | all);
    expect_all_but_one(A, here, false);
}

ROW(unmap_splits_childs_superpage) {
    prepare_super(2);
    map_to(A, here, B, there, super_log2);
    do_unmap(A, here + page_size, flush);
    expect_all_but_one(B, there, false);
    YES(is_superpage(A, here));
}

ROW(unmap_splits_for_read_only) {
    prepare_super(2);
    map_to(A, here, B, there, super_log2);
    do_unmap(A, here + page_size, 0);
    expect_all_but_one(B, there, true);
}

ROW(unmap_split_without_memory) {
    prepare_super(3);
    l4_task_kill(B.task, root_id);
    B.create(B.task, {.quota = L4_KMEM_TASK + 2});
    settle();
    map_to(A, here, B, there, super_log2);
    map_to(B, there, C, there, super_log2);
    YES(C.can_read(there));
    do_unmap(A, here + page_size, flush);
    NO(B.can_read(there));
    NO(B.can_read(there + super_size - page_size));
    NO(C.can_read(there + super_size - page_size));
    YES(is_superpage(A, here));
}

ROW(unmap_large_tree) {
    prepare(3);
    E.create_thread(B, 1);
    constexpr Word count = 1000, patience = 50000;
    map_to(A, here, B, there);
    E.begin([] {
        while (ipc(receive(B.id, after(patience), whole_space)).eax == (two_words | got_fpage)) {
        }
    });
    C.begin([] {
        while (ipc(receive(A.id, after(patience), whole_space)).eax == (two_words | got_fpage)) {
        }
    });
    settle();
    B.run([] {
        for (Word i = 0; i < count; ++i)
            ipc(send_map(E.id, there + (i + 1) * page_size, fpage(there + i * page_size)));
    });
    A.run([] {
        for (Word i = 0; i < count; ++i) ipc(send_map(C.id, there + i * page_size, fpage(here)));
    });
    E.end();
    C.end();
    YES(B.can_read(there + count * page_size));
    YES(C.can_read(there + (count - 1) * page_size));
    do_unmap(A, here, flush);
    for (const Word i : {0u, 1u, 500u, count}) NO(B.can_read(there + i * page_size));
    for (const Word i : {0u, 1u, 500u, count - 1}) NO(C.can_read(there + i * page_size));
}

} // namespace
} // namespace conformance
