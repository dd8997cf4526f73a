// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// The director as the pager of actors, with the state of what they trap at.
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {

/// The state words in the director's UTCB.
inline l4_utcb_state_t& trapped() { return l4_my_utcb()->state; }

/// The director becomes `a`'s pager and takes exceptions, and `more` (L4_UTCB_*).
inline void handle(Actor& a, Word more = 0) {
    a.set_pager(root_id);
    l4_utcb_take_exceptions(more);
}

inline Regs next_message(const Actor& a, std::uint64_t us = 50000) { return ipc(receive(a.id, after(us))); }

/// The next message of `a` is an exception.
inline void take_exception(const Actor& a, Word trapno, std::uint64_t us = 50000) {
    const Regs r = next_message(a, us);
    EQ(r.eax, two_words);
    EQ(r.edx, L4_EXC_COOKIE_0);
    EQ(r.ebx, L4_EXC_COOKIE_1);
    EQ(trapped().trapno, trapno);
}
/// There is none.
inline void expect_silence(const Actor& a) { EQ(next_message(a, 5000).eax, L4_IPC_RETIMEOUT); }

/// The answer: the result of the director's send, with so many of its state words.
inline Word answer(const Actor& a, Word snd_size, Word w0 = 0, Word w1 = 0, Word snd = 0) {
    l4_my_utcb()->snd_size = snd_size;
    return ipc(send(a.id, w0, w1, zero, snd)).eax;
}
inline constexpr Word whole_state = L4_UTCB_STATE_WORDS;

inline Regs control(const Actor& a, Word flags, Word eip = ~0u, Word esp = ~0u) {
    return call(L4_VEC_LTHREAD_EX_REGS, ex_regs(l4_ex_regs_target(a.task, a.lthread) | flags, eip, esp));
}

/// The state has the patterns of trap_with_registers() in all general registers but EBP.
inline void expect_patterns_but_ebp() {
    const l4_utcb_state_t& s = trapped();
    EQ(s.eax, 0xa1);
    EQ(s.ebx, 0xb1);
    EQ(s.ecx, 0xc1);
    EQ(s.edx, 0xd1);
    EQ(s.esi, 0x51);
    EQ(s.edi, 0xd2);
}

/// A stack for one thread that does not go on as an actor.
Word other_stack(Word n = 0);

extern "C" {
/// ud2 with patterns in all registers: EAX 0xa1, EBX 0xb1, ECX 0xc1, EDX 0xd1, ESI 0x51, EDI 0xd2, EBP 0xe1;
/// behind it comes landing.
void trap_with_registers();
extern char trap_at[];
}

} // namespace conformance
