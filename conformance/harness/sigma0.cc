// SPDX-License-Identifier: BSD-2-Clause
// A sigma0 that gives every page, superpage and port to whoever asks, and does what rows about sigma0 need.
#include "conformance/harness/sigma0.h"

#include "conformance/harness/call.h"
#include "l4/abi/exception.h"
#include "l4/abi/sigma0.h"

extern "C" [[noreturn]] void sigma0_main(l4_word_t on_stack, l4_word_t in_ecx);

namespace conformance {
namespace {

struct Answer {
    Word w0, w1;
};

Answer memory(Word at, Word log2) {
    const Word first = at >> log2 << log2;
    // The kernel maps what sigma0 touches.
    for (Word i = 0; i < 1u << log2; i += page_size)
        static_cast<void>(*reinterpret_cast<volatile char*>(static_cast<std::uintptr_t>(first + i)));
    return {first, fpage(first, log2)};
}

Answer answer(Word w0, Word w1) {
    if (l4_fpage_is_io(w0)) return {0, w0 & ~L4_FP_GRANT};
    if (w0 >= L4_KIP_ADDRESS) return {0, 0};
    if ((w0 & L4_SIGMA0_SUPERPAGE) != 0 && w1 == L4_SIGMA0_SUPERPAGE_W1) return memory(w0, super_log2);
    return memory(w0, page_log2);
}

} // namespace
} // namespace conformance

void sigma0_main(l4_word_t on_stack, l4_word_t in_ecx) {
    using namespace conformance; // NOLINT(google-build-using-namespace)
    Regs r = ipc(receive_open());
    for (;;) {
        if (error(r) != L4_IPC_OK) {
            r = ipc(receive_open());
            continue;
        }
        const Id from = {r.esi, r.edi};
        if (r.edx == run_as_sigma0) {
            const Word result = reinterpret_cast<Word (*)()>(static_cast<std::uintptr_t>(r.ebx))();
            r = ipc(both(from, result, 0, L4_TIMEOUT_SND_ZERO, 0, L4_RCV_OPEN));
            continue;
        }
        if (r.edx == boot_arguments) {
            r = ipc(both(from, on_stack, in_ecx, L4_TIMEOUT_SND_ZERO, 0, L4_RCV_OPEN));
            continue;
        }
        const Answer a = answer(r.edx, r.ebx);
        r = ipc(both(from, a.w0, a.w1, L4_TIMEOUT_SND_ZERO, a.w1 != 0 ? map_bit : 0, L4_RCV_OPEN));
    }
}
