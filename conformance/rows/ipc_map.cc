// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_map.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000;
constexpr Word mapped = two_words | got_fpage;
constexpr Word patience = after(100000);

/// A has `count` pages at `here`; the first words are 100, 101, ...
void prepare(Word count = 1) {
    cast(2);
    for (Word i = 0; i < count; ++i) {
        *words(page(i)) = 100 + i;
        give(A, here + i * page_size, page(i));
    }
}

/// A sends with map bit, B receives with this descriptor.
Passed exchange(Word w0, Word w1, Word receive_descriptor, Word snd = map_bit) {
    return pass(A, B, w0, w1, receive_descriptor, snd);
}

ROW(ipc_map_registers) {
    prepare();
    const Passed p = exchange(there, fpage(here), whole_space);
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, mapped);
    EQ(p.got.edx, there);
    EQ(p.got.ebx, fpage(here));
    EQ(B.peek(there), 100);
}

ROW(ipc_map_buffer_window) {
    prepare();
    static Message<2> buffer;
    buffer = {};
    buffer.window = L4_FP_WHOLE_SPACE;
    const Passed p = exchange(there, fpage(here), buffer.rcv());
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, mapped);
    EQ(B.peek(there), 100);
    EQ(buffer.words[0], 0);
    EQ(buffer.words[1], 0);
    EQ(buffer.window, L4_FP_WHOLE_SPACE);
}

ROW(ipc_map_no_window) {
    prepare();
    static Message<2> buffer;
    buffer = {};
    for (const Word descriptor : {0u, 1u, buffer.rcv()}) {
        const Passed p = exchange(there, fpage(here), descriptor);
        EQ(p.sent.eax, L4_IPC_SEMSGCUT);
        EQ(p.got.eax, two_words | L4_IPC_REMSGCUT);
        EQ(p.got.edx, there);
        EQ(p.got.ebx, fpage(here));
    }
    NO(B.can_read(there));
}

ROW(ipc_map_plain_to_window) {
    prepare();
    const Passed p = exchange(there, fpage(here), whole_space, 0);
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, two_words);
    EQ(p.got.edx, there);
    NO(B.can_read(there));
}

ROW(ipc_map_nil_flexpage) {
    prepare();
    for (const Word descriptor : {whole_space, 0u}) {
        const Passed p = exchange(there, 0, descriptor);
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, two_words);
    }
    NO(B.can_read(there));
}

Message<10> list, taken;

void set_pair(Word i, Word base, Word page) {
    list.words[2 * i] = base;
    list.words[2 * i + 1] = page;
}

ROW(ipc_map_long_list) {
    prepare(4);
    list = {};
    taken = {};
    list.sends(10);
    for (Word i = 0; i < 3; ++i) set_pair(i, there + i * 2 * page_size, fpage(here + i * page_size));
    set_pair(3, there + 6 * page_size, 0);
    set_pair(4, there + 8 * page_size, fpage(here + 3 * page_size));
    taken.window = L4_FP_WHOLE_SPACE;
    const Passed p = exchange(there, fpage(here), taken.rcv(), list.snd(map_bit));
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, 0x14000 | got_fpage);
    for (Word i = 0; i < 3; ++i) EQ(B.peek(there + i * 2 * page_size), 100 + i);
    NO(B.can_read(there + 6 * page_size));
    NO(B.can_read(there + 8 * page_size));
    for (Word i = 2; i < 10; ++i) EQ(taken.words[i], list.words[i]);
}

ROW(ipc_map_long_list_cut) {
    prepare(3);
    static Message<3> three;
    for (const bool buffered : {true, false}) {
        list = {};
        three = {};
        three.window = L4_FP_WHOLE_SPACE;
        const Word base = buffered ? there : there + 0x100000;
        list.sends(6);
        for (Word i = 0; i < 3; ++i) set_pair(i, base + i * page_size, fpage(here + i * page_size));
        const Passed p = exchange(base, fpage(here), buffered ? three.rcv() : whole_space, list.snd(map_bit));
        EQ(p.sent.eax, L4_IPC_SEMSGCUT);
        EQ(p.got.eax, l4_msgdope(buffered ? 3 : 2, 0) | got_fpage | L4_IPC_REMSGCUT);
        EQ(B.peek(base), 100);
        NO(B.can_read(base + page_size));
        NO(B.can_read(base + 2 * page_size));
    }
}

ROW(ipc_map_nothing_to_map) {
    prepare();
    const Passed p = exchange(there, fpage(here + 0x100000, 16), whole_space);
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, two_words);
}

ROW(ipc_map_again) {
    prepare();
    EQ(exchange(there, fpage(here), whole_space).got.eax, mapped);
    EQ(exchange(there, fpage(here), whole_space).got.eax, mapped);
    EQ(B.peek(there), 100);
}

ROW(ipc_map_no_memory) {
    A.create(first_task);
    // The program's page is a superpage with a node; then two page tables and two frames of nodes.
    B.create(first_task + 1, {.quota = L4_KMEM_TASK + 2 + 2 * L4_KMEM_TABLE + 2});
    settle();
    for (Word i = 0; i < 2; ++i) {
        const Word large = superpage(i);
        *words(large) = 100 + i;
        give(A, here + i * super_size, large, super_log2);
        // A page in each region, so that the others come as pages.
        give(B, there + (i + 1) * super_size - page_size, page(i));
    }
    B.begin(receive(A.id, patience, whole_space));
    settle();
    EQ(A.ipc(both(B.id, there, fpage(here, super_log2 + 1), patience, map_bit)).eax, L4_IPC_SEMAPFAILED);
    const Regs got = B.end();
    EQ(got.eax, L4_IPC_REMAPFAILED);
    EQ(got.edx, kept_0);
    EQ(B.peek(there), 100);
    YES(B.can_read(there + 200 * page_size));
    NO(B.can_read(there + 400 * page_size));
    NO(B.can_read(there + super_size));
}

ROW(ipc_map_same_task) {
    prepare();
    C.create_thread(A, 1);
    C.begin(receive(A.id, patience, whole_space));
    settle();
    EQ(A.ipc(send_map(C.id, there, fpage(here), zero)).eax, L4_IPC_OK);
    EQ(C.end().eax, mapped);
    EQ(A.peek(there), 100);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here), L4_FP_FLUSH));
    NO(A.can_read(there));
    YES(A.can_read(here));
}

ROW(ipc_map_open_window) {
    prepare();
    B.begin(receive_open(never, fpage(there, page_log2, 0) | L4_RCV_MAP));
    settle();
    EQ(A.ipc(send_map(B.id, 0x12345000, fpage(here), zero)).eax, L4_IPC_OK);
    const Regs r = B.end();
    EQ(r.eax, mapped);
    EQ(r.esi, A.id.low);
    EQ(B.peek(there), 100);
}

} // namespace
} // namespace conformance
