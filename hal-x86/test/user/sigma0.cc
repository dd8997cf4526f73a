// SPDX-License-Identifier: BSD-2-Clause
// The least sigma0 that tests of the kernel need: gives every page and port to whoever asks.  With
// PAGES_LIE_BEHIND it gives copies, so far behind.
#include "calls.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/kip.h"

extern "C" Word boot_stack_pointer, boot_ecx;
extern "C" [[noreturn]] void program();

namespace {

/// The info page, found as sigma0 is told about it: on the stack, and in ECX.
const l4_kip_t* find_kip() {
    const Word on_stack = *reinterpret_cast<const Word*>(boot_stack_pointer);
    const auto* const kip = reinterpret_cast<const l4_kip_t*>(on_stack);
    const bool good = on_stack == boot_ecx && kip->magic == L4_KIP_MAGIC;
    put(good ? "sigma0: found the info page\n" : "sigma0: no info page\n");
    return good ? kip : nullptr;
}

#ifdef PAGES_LIE_BEHIND
constexpr Word page_size = 4096, most = 0x10000000, bits = 32;
Word copied[most / page_size / bits];

/// The page that there is in place of the one at that address.
Word page(Word address) {
    if (address < page_size || address >= most) return address;
    const Word index = address / page_size, bit = 1u << index % bits;
    if ((copied[index / bits] & bit) == 0) {
        const auto* const original = reinterpret_cast<const volatile Word*>(address);
        auto* const copy = reinterpret_cast<volatile Word*>(address + PAGES_LIE_BEHIND);
        for (Word i = 0; i < page_size / sizeof(Word); ++i) copy[i] = original[i];
    }
    copied[index / bits] |= bit;
    return address + PAGES_LIE_BEHIND;
}
#else
Word page(Word address) {
    // Its own access makes the page.
    if (address >= 4096) (void)*reinterpret_cast<volatile char*>(address);
    return address;
}
#endif

} // namespace

void program() {
    const l4_kip_t* const kip = find_kip();
    Message m = wait();
    for (;;) {
        Word fpage = 0;
        const Word address = m.w0 & L4_FP_PAGE_MASK;
        if ((m.w0 & L4_FP_IO_TAG_MASK) == L4_FP_IO_TAG)
            fpage = m.w0;
        else if (m.w0 == 1 && m.w1 == 1)
            fpage = reinterpret_cast<Word>(kip) | L4_FP_MEM_SIZE_MIN << L4_FP_SIZE_SHIFT;
        else if (address < L4_USER_TOP)
            fpage = page(address) | L4_FP_MEM_SIZE_MIN << L4_FP_SIZE_SHIFT | L4_FP_WRITE;
        m = ipc(fpage != 0 ? L4_SND_MAP : 0, L4_RCV_OPEN, m.from, address, fpage, send_at_once);
        if (l4_msgdope_error(m.result) != 0) m = wait();
    }
}
