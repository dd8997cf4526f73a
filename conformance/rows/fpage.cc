// SPDX-License-Identifier: BSD-2-Clause
// abi/table/fpage.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x400000, there = 0x60000000, mapped = two_words | got_fpage;

void prepare(Word count = 4) {
    cast(2);
    for (Word i = 0; i < count; ++i) {
        *words(page(i)) = 100 + i;
        give(A, here + i * page_size, page(i));
    }
}

ROW(fpage_base_is_aligned_down) {
    prepare();
    EQ(pass(A, B, there, fpage(here + page_size, 14)).got.eax, mapped);
    for (Word i = 0; i < 4; ++i) EQ(B.peek(there + i * page_size), 100 + i);
    EQ(pass(A, B, 0, fpage(here, 14), fpage(there + 0x11000, 14, 0) | L4_RCV_MAP).got.eax, mapped);
    for (Word i = 0; i < 4; ++i) EQ(B.peek(there + 0x10000 + i * page_size), 100 + i);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here + page_size, 14), L4_FP_FLUSH));
    for (Word i = 0; i < 4; ++i) {
        NO(B.can_read(there + i * page_size));
        YES(A.can_read(here + i * page_size));
    }
}

ROW(fpage_bad_size) {
    prepare(1);
    for (const Word size : {0u, 1u, 11u, 33u, 63u}) {
        const Passed p = pass(A, B, there, fpage(here, size));
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, two_words);
    }
    for (const Word size : {11u, 33u}) {
        const Passed p = pass(A, B, there, fpage(here), fpage(there, size, 0) | L4_RCV_MAP);
        EQ(p.sent.eax, L4_IPC_OK);
        EQ(p.got.eax, two_words);
    }
    NO(B.can_read(there));
}

ROW(fpage_reaches_kernel) {
    cast(2);
    *words(page(0)) = 100;
    *words(page(1)) = 101;
    give(A, 0x80000000, page(0));
    give(A, L4_USER_TOP - page_size, page(1));
    const Passed p = pass(A, B, 0x80000000, fpage(0x80000000, 31));
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, mapped);
    EQ(B.peek(0x80000000), 100);
    EQ(B.peek(L4_USER_TOP - page_size), 101);
    NO(B.can_read(L4_USER_TOP));
}

ROW(fpage_whole_space_sent) {
    cast(2);
    constexpr Word places[] = {here, 0x50000000, 0x9f123000, L4_USER_TOP - page_size};
    Word i = 0;
    for (const Word at : places) {
        *words(page(i)) = 100 + i;
        give(A, at, page(i++));
    }
    const Word utcb = B.peek(L4_UTCB_AREA + 0x2000);
    B.begin(receive(A.id, after(500000), whole_space));
    settle();
    EQ(A.ipc(send(B.id, 0, L4_FP_WHOLE_SPACE | writable, never, map_bit)).eax, L4_IPC_OK);
    EQ(B.end().eax, mapped);
    i = 0;
    for (const Word at : places) EQ(B.peek(at), 100 + i++);
    A.can_write(L4_UTCB_AREA + 0x2000, 0x7777);
    EQ(B.peek(L4_UTCB_AREA + 0x2000), utcb);
    EQ(B.peek(L4_KIP_ADDRESS), L4_KIP_MAGIC);
    NO(B.can_read(L4_USER_TOP));
}

} // namespace
} // namespace conformance
