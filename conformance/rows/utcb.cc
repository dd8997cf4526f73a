// SPDX-License-Identifier: BSD-2-Clause
// abi/table/utcb.toml
#include "conformance/harness/handler.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word there = 0x60000000;

/// Sizes of A as the sender and of B as the receiver; A's words are 0x100 + i, B's 0xeeee.
void prepare_sizes(Word snd, Word rcv) {
    static Word snd_size, rcv_size;
    snd_size = snd;
    rcv_size = rcv;
    A.run([] {
        l4_utcb_t* const u = l4_my_utcb();
        u->snd_size = snd_size;
        for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) (&u->state.gs)[i] = 0x100 + i;
    });
    B.run([] {
        l4_utcb_t* const u = l4_my_utcb();
        u->rcv_size = rcv_size;
        for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) (&u->state.gs)[i] = 0xeeee;
    });
}

/// B's first `count` words are A's, the others its own. Setting up a call takes B's UTCB nothing: its orders
/// come from the director, who sends no words.
void expect_words(Word count) {
    static Word words_of_b[L4_UTCB_STATE_WORDS + 2];
    B.run([] {
        for (Word i = 0; i < L4_UTCB_STATE_WORDS + 2; ++i) words_of_b[i] = (&l4_my_utcb()->state.gs)[i];
    });
    for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) EQ(words_of_b[i], i < count ? 0x100 + i : 0xeeee);
}

Passed exchange(Word snd = 0, Word rcv = 0, Word w0 = 1, Word w1 = 2) { return pass(A, B, w0, w1, rcv, snd); }

ROW(utcb_area_is_there) {
    // Without a pager from its first instruction: its code is the pager's last act.
    cast(2);
    A.set_pager(nil);
    static Word not_zero, not_kept;
    not_zero = not_kept = 0;
    A.run([] {
        for (Word at = L4_UTCB_AREA; at < L4_UTCB_AREA + L4_UTCB_AREA_SIZE; at += 4) {
            not_zero += *words(at) != 0 ? 1u : 0u;
            *words(at) = at * 3;
        }
        for (Word at = L4_UTCB_AREA; at < L4_UTCB_AREA + L4_UTCB_AREA_SIZE; at += 4)
            not_kept += *words(at) != at * 3 ? 1u : 0u;
        // The first one is the kernel's to read.
        for (Word at = L4_UTCB_AREA; at < L4_UTCB_AREA + L4_UTCB_SIZE; at += 4) *words(at) = 0;
    });
    EQ(not_zero, 0);
    EQ(not_kept, 0);
    EQ(B.peek(L4_UTCB_AREA + 0x2000), 0);
}

ROW(utcb_words_are_copied) {
    cast(2);
    prepare_sizes(5, 16);
    EQ(exchange().got.eax, two_words);
    expect_words(5);
}

ROW(utcb_copy_is_limited_by_receiver) {
    cast(2);
    prepare_sizes(16, 3);
    exchange();
    expect_words(3);
    prepare_sizes(1000, 1000);
    exchange();
    expect_words(16);
}

ROW(utcb_transfer_copies_words) {
    A.create(first_task);
    B.create(first_task + 1, {.quota = L4_KMEM_TASK + 2});
    settle();
    static Message<10> out, in;
    out = in = {};
    out.sends(10);
    prepare_sizes(5, 16);
    EQ(exchange(out.snd(), in.rcv()).sent.eax, L4_IPC_OK);
    expect_words(5);
    in.size_dope = l4_msgdope(4, 0);
    prepare_sizes(5, 16);
    EQ(exchange(out.snd(), in.rcv()).sent.eax, L4_IPC_SEMSGCUT);
    expect_words(5);
    give(A, there, page(0));
    prepare_sizes(5, 16);
    EQ(exchange(map_bit, whole_space, there, fpage(there)).sent.eax, L4_IPC_SEMAPFAILED);
    expect_words(0);
}

ROW(utcb_is_protected) {
    const auto left = [] { return call(L4_VEC_TASK_NEW, task_new(199, root_id.low)).ecx; };
    page(0);
    A.create(first_task);
    settle();
    l4_task_kill(A.task, root_id);
    const Word before = left();
    cast(2);
    give(A, there, page(0));
    A.can_write(L4_UTCB_AREA + 0x1000, 77);
    for (const Word options : {writable, writable | L4_FP_GRANT}) {
        EQ(pass(A, B, there, fpage(L4_UTCB_AREA, 14, options)).got.eax, two_words);
        EQ(pass(A, B, L4_UTCB_AREA, fpage(there, page_log2, options)).got.eax, two_words);
    }
    EQ(A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(L4_UTCB_AREA, 14), L4_FP_FLUSH | L4_FP_ALL_SPACES)).eax, 0);
    EQ(A.peek(L4_UTCB_AREA + 0x1000), 77);
    EQ(B.peek(L4_UTCB_AREA + 0x1000), 0);
    NO(B.can_read(there));
    l4_task_kill(A.task, root_id);
    l4_task_kill(B.task, root_id);
    // But for a frame of threads and one of nodes that stay with the account.
    YES(left() + 2 >= before);
    const Word after_first = left();
    cast(2);
    l4_task_kill(A.task, root_id);
    l4_task_kill(B.task, root_id);
    EQ(left(), after_first);
}

ROW(utcb_found_through_gs) {
    cast(1);
    B.create_thread(A, 1);
    C.create_thread(A, 127);
    settle();
    for (Actor* const a : {&A, &B, &C}) {
        static Word found;
        a->run([] { asm volatile("movl %%gs:0, %0" : "=r"(found)); });
        EQ(found, L4_UTCB_AREA + a->lthread * L4_UTCB_SIZE);
    }
}

} // namespace
} // namespace conformance
