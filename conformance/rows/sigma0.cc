// SPDX-License-Identifier: BSD-2-Clause
// abi/table/sigma0.toml: of l4env's sigma0, which is not the one behind which other rows run.
#include "l4/abi/sigma0.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word there = 0x60000000, mapped = two_words | got_fpage, patience = after(100000);
/// Free memory, a region of 4 MiB for each row.
constexpr Word region(Word n) { return 0x4000000 + n * super_size; }

Regs ask(Actor& who, Word w0, Word w1 = 0, Word window = whole_space) {
    return who.ipc(both(sigma0_id, w0, w1, patience, 0, window));
}
void expect_nothing(Regs r) {
    EQ(r.eax, two_words);
    EQ(r.edx, 0);
    EQ(r.ebx, 0);
}

ROW(sigma0_any_page) {
    cast(2);
    EQ(ask(A, L4_SIGMA0_ANY_PAGE, 0, fpage(there, page_log2, 0) | L4_RCV_MAP).eax, mapped);
    EQ(ask(B, L4_SIGMA0_ANY_PAGE, 0, fpage(there, page_log2, 0) | L4_RCV_MAP).eax, mapped);
    YES(A.can_write(there, 1));
    YES(B.can_write(there, 2));
    EQ(A.peek(there), 1);
}

ROW(sigma0_page) {
    cast(2);
    const Word at = region(0) + 5 * page_size;
    for (int i = 0; i < 2; ++i) {
        const Regs r = ask(A, at);
        EQ(r.eax, mapped);
        EQ(r.ebx & L4_FP_PAGE_MASK, at);
        EQ(l4_fpage_size(r.ebx), page_log2);
    }
    YES(A.can_write(at, 3));
    expect_nothing(ask(B, at));
    NO(B.can_read(at));
}

ROW(sigma0_superpage) {
    cast(2);
    Regs r = ask(A, region(1) | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1);
    EQ(r.eax, mapped);
    EQ(l4_fpage_size(r.ebx), super_log2);
    YES(A.can_write(region(1)));
    YES(A.can_write(region(2) - 4));
    EQ(ask(A, region(2) + page_size).eax, mapped);
    r = ask(B, region(2) | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1);
    EQ(r.eax, mapped);
    EQ(l4_fpage_size(r.ebx), page_log2);
    YES(B.can_write(region(2)));
    NO(B.can_read(region(2) + page_size));
}

void out32(Word port, Word value) { asm volatile("outl %0, %w1" : : "a"(value), "d"(port)); }
Word in32(Word port) {
    Word value;
    asm volatile("inl %w1, %0" : "=a"(value) : "d"(port));
    return value;
}
Word pci(Word device, Word offset) {
    out32(0xcf8, 0x80000000 | device << 11 | offset);
    return in32(0xcfc);
}

/// The screen's registers, moved to where sigma0 can have them: their physical address.
constexpr Word registers_at = 0x80000000;
void place_screen() {
    for (Word device = 0; device < 32; ++device) {
        if (pci(device, 8) >> 16 != 0x0300) continue;
        out32(0xcf8, 0x80000000 | device << 11 | 0x18);
        out32(0xcfc, registers_at);
    }
}

/// Root is the one that has devices. Its window for them.
constexpr Word devices = 0x20000000;
void ask_for_screen() {
    place_screen();
    const Regs r = ipc(both(sigma0_id, registers_at - L4_SIGMA0_ADAPTER_OFFSET, 0, patience, 0,
                            fpage(devices, super_log2, 0) | L4_RCV_MAP));
    EQ(r.eax, mapped);
    EQ(l4_fpage_size(r.ebx), super_log2);
}

ROW(sigma0_adapter) {
    ask_for_screen();
    // The screen's identity: the register says 0xb0c and a version.
    EQ(*at<volatile std::uint16_t>(devices + 0x500) >> 4, 0xb0c);
}

ROW(sigma0_adapter_uncached) {
    ask_for_screen();
    // The status register, in which the screen's beam changes something at each look.
    const auto* const status = at<volatile unsigned char>(devices + 0x400 + 0x1a);
    const unsigned char first = *status;
    bool changed = false;
    for (int i = 0; i < 1000 && !changed; ++i) changed = *status != first;
    YES(changed);
}

ROW(sigma0_kip) {
    cast(1);
    const Word window = fpage(there, page_log2, 0) | L4_RCV_MAP;
    EQ(ask(A, L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_KIP, window).eax, mapped);
    EQ(A.peek(there), L4_KIP_MAGIC);
    NO(A.can_write(there));
    const Word second = fpage(there + page_size, page_log2, 0) | L4_RCV_MAP;
    EQ(ask(A, L4_SIGMA0_KIP, 0, second).eax, mapped);
    EQ(A.peek(there + page_size), L4_KIP_MAGIC);
    NO(A.can_write(there + page_size));
}

ROW(sigma0_io) {
    A.create_in_root(2);
    settle();
    const Word port = l4_io_fpage(0x80, 0, 0);
    call(L4_VEC_FPAGE_UNMAP, unmap(port, L4_FP_FLUSH | L4_FP_ALL_SPACES));
    NO(A.can_use_port(0x80));
    EQ(ask(A, port).eax, mapped);
    YES(A.can_use_port(0x80));
}

ROW(sigma0_newer_requests) {
    cast(1);
    Regs r = ask(A, L4_SIGMA0_FPAGE_RAM, fpage(region(3) + 0x10000, 16, 0));
    EQ(r.eax, mapped);
    EQ(r.ebx & L4_FP_PAGE_MASK, region(3) + 0x10000);
    YES(A.can_write(region(3) + 0x10000));
    YES(A.can_write(region(3) + 0x1fffc));
    NO(A.can_read(region(3) + 0x20000));
    r = ask(A, L4_SIGMA0_FPAGE_ANY, fpage(0, 15, 0), fpage(there, 15, 0) | L4_RCV_MAP);
    EQ(r.eax, mapped);
    EQ(l4_fpage_size(r.ebx), 15);
    YES(A.can_write(there));
    YES(A.can_write(there + 0x7ffc));
}

ROW(sigma0_refusal) {
    cast(2);
    EQ(ask(A, region(4)).eax, mapped);
    expect_nothing(ask(B, region(4)));
    expect_nothing(ask(B, 0xffffffe0, 1));
    expect_nothing(ask(B, L4_SIGMA0_FPAGE_RAM, fpage(region(4), 16, 0)));
}

} // namespace
} // namespace conformance
