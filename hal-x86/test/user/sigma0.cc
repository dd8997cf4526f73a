// SPDX-License-Identifier: BSD-2-Clause
// The least sigma0 that tests of the kernel need: gives every page and port to whoever asks.
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
            fpage = address | L4_FP_MEM_SIZE_MIN << L4_FP_SIZE_SHIFT | L4_FP_WRITE;
        // sigma0's own access makes the page.
        if (fpage != 0 && (fpage & L4_FP_IO_TAG) != L4_FP_IO_TAG) {
            auto* const byte = reinterpret_cast<volatile char*>(address);
            if (address >= 4096) (void)*byte;
        }
        m = ipc(fpage != 0 ? L4_SND_MAP : 0, L4_RCV_OPEN, m.from, address, fpage, send_at_once);
        if (l4_msgdope_error(m.result) != 0) m = wait();
    }
}
