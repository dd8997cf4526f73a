// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Tasks that take whatever is mapped to them, where it comes from; a thread of the root task is their pager.
#include "threads.h"

namespace takers {

inline constexpr Word anywhere = L4_FP_WHOLE_SPACE | L4_RCV_MAP | L4_RCV_OPEN;

/// Gives them the program's pages; who faults elsewhere waits for ever.
inline void be_pager() {
    for (;;) {
        const Message m = wait();
        const Word at = m.w0 & L4_FP_PAGE_MASK;
        if (!is_programs(at)) continue;
        auto* const byte = reinterpret_cast<volatile char*>(at);
        *byte = *byte; // it must have the page itself, writable
        ipc(L4_SND_MAP, L4_IPC_NO_RECV, m.from, at, at | page_4k | L4_FP_WRITE, send_at_once);
    }
}

inline void take() {
    for (;;) call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = anywhere});
}

inline bool make(Word task, Word pager, Body body = take, Word flags = 255) {
    return task_new(l4_threadid(task, 0), reinterpret_cast<Word>(body), child_stack_top(), thread(pager),
                    flags)
               .esi != 0;
}
inline void end(Word task) { task_new(l4_threadid(task, 0), 0, 0, l4_nil_id(), main_thread.low); }

inline Word fpage(Word at, Word log2, Word flags) { return at | log2 << L4_FP_SIZE_SHIFT | flags; }
inline void read(Word at) { static_cast<void>(*reinterpret_cast<const volatile Word*>(at)); }

/// A thread that interrupts the others, in longer spans than the window that is looked for, and never the
/// same.
inline void wake_often() {
    for (Word i = 0;; ++i) sleep(15u | (16 + i % 8) << 24);
}

/// As soon as it can take it.  False: there was an error.
inline bool give(Word task, Word base, Word fpage) {
    return ipc(L4_SND_MAP, L4_IPC_NO_RECV, l4_threadid(task, 0), base, fpage, never).result == L4_IPC_OK;
}

} // namespace takers
