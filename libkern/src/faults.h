// SPDX-License-Identifier: BSD-2-Clause
// What a program's faults and exceptions are as messages (docs/semantics.md 9.11, 12.2).
#pragma once
#include "ia32/paging.h"
#include "kern/thread.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/utcb.h"

namespace kern {

inline Fault exception_of(const Thread& t, std::uint32_t trapno, std::uint32_t err, VAddr pfa = {}) {
    return {.kind = Fault::Kind::exception,
            .with_state = true,
            .trapno = static_cast<std::uint8_t>(trapno),
            .err = err,
            .pager = t.pager(),
            .w0 = L4_EXC_COOKIE_0,
            .w1 = L4_EXC_COOKIE_1,
            .pfa = pfa.raw(),
            .window = trapno == L4_TRAP_PAGE_FAULT ? L4_FP_WHOLE_SPACE : 0};
}

inline Fault page_fault_of(const Thread& t, VAddr addr, std::uint32_t code, bool with_state) {
    const std::uint32_t present = code & ia32::fault_present, write = code & ia32::fault_write;
    return {.kind = Fault::Kind::user,
            .with_state = with_state,
            .trapno = L4_TRAP_PAGE_FAULT,
            .err = code,
            .pager = t.pager(),
            .w0 = (addr.raw() & ~3u) | write | present,
            .w1 = t.frame.eip,
            .pfa = addr.raw(),
            .window = L4_FP_WHOLE_SPACE};
}

/// Does a pager with this status word take t's exceptions of this sort?
inline bool takes_exceptions(std::uint32_t status, const Thread& t, std::uint32_t trapno) {
    if (!Ext::exception_ipc || (status & L4_UTCB_EXCEPTIONS) == 0) return false;
    const bool debugging = trapno == L4_TRAP_DEBUG || trapno == L4_TRAP_BREAKPOINT;
    return !debugging || t.alien() || (status & L4_UTCB_DEBUG) != 0;
}

/// A size field of a UTCB, by value: read once.
constexpr std::uint32_t state_words(std::uint32_t size) {
    return size < L4_UTCB_STATE_WORDS ? size : L4_UTCB_STATE_WORDS;
}

} // namespace kern
