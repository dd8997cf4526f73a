// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_long.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word patience = after(200000), there = 0x50000000;
Message<10> out, in;

void prepare() {
    cast(2);
    out = in = {};
    for (Word i = 0; i < 10; ++i) {
        out.words[i] = 0x1000 + i;
        in.words[i] = 0xeeee;
    }
}

Passed exchange(Word snd, Word rcv, Word w0 = 0x101, Word w1 = 0x202) { return pass(A, B, w0, w1, rcv, snd); }

ROW(ipc_long_dwords) {
    for (const Word capacity : {10u, 7u}) {
        cast(2);
        out = in = {};
        for (Word i = 0; i < 10; ++i) {
            out.words[i] = 0x1000 + i;
            in.words[i] = 0xeeee;
        }
        in.size_dope = l4_msgdope(capacity, 0);
        out.sends(7);
        const Passed p = exchange(out.snd(), in.rcv());
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, 0xe000);
        for (Word i = 2; i < 7; ++i) EQ(in.words[i], 0x1000 + i);
        for (Word i = 7; i < 10; ++i) EQ(in.words[i], 0xeeee);
        EQ(in.size_dope, l4_msgdope(capacity, 0));
        l4_task_kill(A.task, root_id);
        l4_task_kill(B.task, root_id);
    }
}

ROW(ipc_long_words_0_1_come_from_registers) {
    prepare();
    out.sends(3);
    const Passed p = exchange(out.snd(), in.rcv(), 0x7777, 0x8888);
    EQ(p.got.edx, 0x7777);
    EQ(p.got.ebx, 0x8888);
    EQ(in.words[0], 0x7777);
    EQ(in.words[1], 0x8888);
    EQ(in.words[2], 0x1002);
}

ROW(ipc_long_largest) {
    cast(2);
    const Word from = superpage(0), to = superpage(1), count = L4_MSG_DWORDS_MAX;
    for (Word i = 0; i < super_size / 4; ++i) words(from)[i] = i * 2654435761u;
    for (Word i = 0; i < super_size / 4; ++i) words(to)[i] = 0;
    words(from)[2] = l4_msgdope(count, 0);
    words(to)[0] = 0;
    words(to)[1] = l4_msgdope(count, 0);
    give(A, there, from, super_log2);
    give(B, there, to, super_log2);
    B.begin(receive(A.id, never, there));
    settle();
    A.begin(send(B.id, words(from)[3], words(from)[4], never, there));
    for (int i = 0; i < 20; ++i) settle(100);
    const Regs got = B.end();
    EQ(A.end().eax, L4_IPC_OK);
    EQ(got.eax, 0xffffe000);
    Word wrong = 0;
    for (Word i = 3; i < 3 + count; ++i) wrong += words(to)[i] != i * 2654435761u ? 1u : 0u;
    EQ(wrong, 0);
    EQ(words(to)[3 + count], 0);
}

ROW(ipc_long_dwords_cut) {
    prepare();
    out.sends(10);
    in.size_dope = l4_msgdope(5, 0);
    const Passed p = exchange(out.snd(), in.rcv());
    EQ(p.sent.eax, L4_IPC_SEMSGCUT);
    EQ(p.got.eax, 0xa000 | L4_IPC_REMSGCUT);
    for (Word i = 2; i < 5; ++i) EQ(in.words[i], 0x1000 + i);
    EQ(in.words[0], 0x101);
    for (Word i = 5; i < 10; ++i) EQ(in.words[i], 0xeeee);
}

ROW(ipc_long_to_registers_cut) {
    prepare();
    const Message<2> text = letter(address(&in), 8);
    static Message<2> one_string;
    one_string = text;
    out.sends(3);
    for (const Word snd : {out.snd(), one_string.snd()}) {
        const Passed p = exchange(snd, 0);
        EQ(p.sent.eax, L4_IPC_SEMSGCUT);
        EQ(p.got.eax, two_words | L4_IPC_REMSGCUT);
        EQ(p.got.edx, 0x101);
        EQ(p.got.ebx, 0x202);
    }
}

ROW(ipc_long_two_words_to_registers) {
    prepare();
    const Passed p = exchange(out.snd(), 0);
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, two_words);
    EQ(p.got.edx, 0x101);
}

ROW(ipc_long_dopes_below_two) {
    prepare();
    for (const Word count : {0u, 1u}) {
        out.snd_dope = l4_msgdope(count, 0);
        Passed p = exchange(out.snd(), in.rcv());
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, two_words);
        EQ(p.got.ebx, 0x202);
        out.snd_dope = l4_msgdope(2, 0);
        in.size_dope = l4_msgdope(count, 0);
        p = exchange(out.snd(), in.rcv());
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, two_words);
        EQ(p.got.ebx, 0x202);
        in.size_dope = l4_msgdope(10, 0);
    }
}

ROW(ipc_long_cut_ends_the_call) {
    prepare();
    out.sends(3);
    B.begin(receive(A.id, patience));
    settle();
    const Regs r = A.ipc(both(B.id, 5, 6, patience, out.snd()));
    EQ(r.eax, L4_IPC_SEMSGCUT);
    EQ(r.edx, 5);
    B.end();
    EQ(B.ipc(send(A.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
}

ROW(ipc_short_to_buffer) {
    prepare();
    const Passed p = exchange(0, there);
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, two_words);
    EQ(p.got.edx, 0x101);
    NO(B.fault.seen);
    EQ(exchange(0, in.rcv()).got.eax, two_words);
    EQ(in.words[0], 0xeeee);
    EQ(in.words[1], 0xeeee);
}

ROW(ipc_long_from_queue) {
    prepare();
    C.create(first_task + 2);
    settle();
    out.sends(10);
    A.begin([] {
        EQ(ipc(send(B.id, 1, 2, never, out.snd())).eax, L4_IPC_OK);
        log('A');
    });
    settle();
    EQ(A.query_state(), L4_STATE_PENDING_SEND);
    B.begin([] {
        EQ(ipc(receive(A.id, never, in.rcv())).eax, l4_msgdope(10, 0));
        log('B');
    });
    C.begin([] {
        EQ(state(call(L4_VEC_THREAD_SCHEDULE, schedule(A.id))), L4_STATE_SENDING);
        EQ(state(call(L4_VEC_THREAD_SCHEDULE, schedule(B.id))), L4_STATE_RECEIVING);
        log('C');
    });
    settle();
    // C runs before A does the work, and B only has its message when that is done.
    LOG("CBA");
    EQ(in.words[9], 0x1009);
}

ROW(ipc_long_states) {
    prepare();
    static Message<2> from, to;
    from = letter(address(&out), 16);
    to = letter(nowhere, 16);
    B.begin(receive(A.id, never, to.rcv()));
    settle();
    A.begin(send(B.id, 1, 2, never, from.snd()));
    settle();
    YES(B.fault.seen);
    EQ(A.query_state(), L4_STATE_SENDING);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(A.id)).esi, B.id.low);
    EQ(B.query_state(), L4_STATE_WAITING);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(B.id)).esi, pager_id.low);
    l4_task_kill(A.task, root_id);
    l4_task_kill(B.task, root_id);
    settle();
    cast(2);
    const Word large = superpage(0), target = superpage(1);
    give(A, there, large, super_log2);
    give(B, there, target, super_log2);
    from = to = letter(there, super_size);
    B.begin(receive(A.id, never, to.rcv()));
    settle();
    A.begin(send(B.id, 1, 2, never, from.snd()));
    settle(100);
    EQ(A.query_state(), L4_STATE_SENDING);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(A.id)).esi, B.id.low);
    EQ(B.query_state(), L4_STATE_RECEIVING);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(B.id)).esi, A.id.low);
    EQ(A.end().eax, L4_IPC_OK);
}

ROW(ipc_long_descriptor_words_read_once) {
    prepare();
    C.create_thread(A, 1);
    D.create_thread(B, 1);
    static Message<2, 2> from, to;
    static char text[64];
    from = to = {};
    fill(address(text), 64);
    const Word target = superpage(1);
    give(A, there, superpage(0), super_log2);
    give(B, there, target, super_log2);
    clear(target, 128);
    from.sends(2, 2).strings[0] = {super_size / 2, there, 0, 0};
    from.strings[1] = {16, address(text), 0, 0};
    to.strings[0] = {0, 0, super_size / 2, there + super_size / 2};
    to.strings[1] = {0, 0, 16, there};
    B.begin(receive(A.id, never, to.rcv()));
    settle();
    A.begin(send(B.id, 1, 2, never, from.snd()));
    settle(100);
    EQ(A.query_state(), L4_STATE_SENDING);
    // While the first string is copied: dopes, window, and the string that is under way.
    from.snd_dope = l4_msgdope(9, 31);
    from.size_dope = to.size_dope = l4_msgdope(0x7ffff, 31);
    to.window = L4_FP_WHOLE_SPACE;
    from.strings[0] = {1, nowhere, 0, 0};
    to.strings[0].rcv_size = 5;
    to.strings[0].rcv_addr = nowhere;
    EQ(A.end().eax, L4_IPC_OK);
    EQ(B.end().eax, 0x4200);
    NO(A.fault.seen);
    NO(B.fault.seen);
    YES(filled(target, 16));
    YES(all_bytes(target + 16, 112, 0xee));
}

ROW(ipc_long_descriptor_option_bits) {
    prepare();
    out.sends(4);
    B.begin(receive(nil, patience, in.rcv() | L4_RCV_OPEN));
    settle();
    EQ(A.ipc(send(B.id, 1, 2, patience, out.snd(L4_SND_DECEIT))).eax, L4_IPC_OK);
    EQ(B.end().eax, l4_msgdope(4, 0));
    EQ(in.words[3], 0x1003);
}

ROW(ipc_long_buffer_in_kernel) {
    prepare();
    const Word last_page = L4_USER_TOP - page_size;
    for (const Word offset : {page_size, page_size - 20}) {
        give(A, last_page, page(0));
        give(B, last_page, page(1));
        auto* const sender = at<Message<2>>(page(0) + page_size - 20);
        sender->size_dope = sender->snd_dope = l4_msgdope(10, 0);
        at<Message<2>>(page(1) + page_size - 20)->size_dope = l4_msgdope(10, 0);
        Passed p = exchange(last_page + offset, in.rcv());
        EQ(p.sent.eax, L4_IPC_SEABORTED);
        EQ(p.got.eax, L4_IPC_REABORTED);
        out.sends(10);
        p = exchange(out.snd(), last_page + offset);
        EQ(p.sent.eax, L4_IPC_SEABORTED);
        EQ(p.got.eax, L4_IPC_REABORTED);
    }
}

} // namespace
} // namespace conformance
