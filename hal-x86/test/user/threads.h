// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Threads of the root task, each with a stack of its own.
#include "child.h"

inline constexpr l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);
alignas(16) inline char stacks[L4_THREADS_PER_TASK][1024];

constexpr l4_threadid_t thread(Word lthread) { return l4_threadid(L4_TASK_ROOT, lthread); }
inline Word own_number() { return (myself().low >> L4_ID_LTHREAD_SHIFT) & (L4_THREADS_PER_TASK - 1); }

/// So that no thread needs a page for it later.
inline void touch_stacks() {
    for (auto& stack : stacks) stack[0] = 1;
}

inline Regs start(Word lthread, Body body, l4_threadid_t pager = sigma0, Word flags = 0) {
    char* const top = stacks[lthread] + sizeof stacks[lthread] - 16;
    return ex_regs(lthread | flags, reinterpret_cast<Word>(body), reinterpret_cast<Word>(top), pager);
}

inline void set_prio(Word lthread, Word prio) { set_slice(thread(lthread), prio, 0, 0); }

/// With faults, exceptions and messages.
inline void want_state() {
    l4_utcb_t& u = utcb();
    u.status = 0xff;
    u.rcv_size = u.snd_size = L4_UTCB_STATE_WORDS;
}

/// What L4_EX_REGS_TLS gives a thread: three flat segments.
inline void describe_segments() {
    l4_utcb_t& u = utcb();
    for (Word i = 0; i < sizeof u.tls / sizeof u.tls[0]; ++i) u.tls[i] = i % 2 != 0 ? 0x00cff200 : 0xffff;
}
