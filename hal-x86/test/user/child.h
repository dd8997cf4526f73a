// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A second task whose pager is the root task's main thread, in the same memory.
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "tap.h"

inline constexpr Word child_task = 5;
inline constexpr l4_threadid_t child = l4_threadid(child_task, 0);
inline constexpr l4_threadid_t main_thread = l4_threadid(L4_TASK_ROOT, 0);
inline constexpr Word page_4k = L4_FP_MEM_SIZE_MIN << L4_FP_SIZE_SHIFT;

inline constexpr Word stack_size = 4096;
alignas(4096) inline char child_stack[stack_size];

inline Word child_stack_top() { return reinterpret_cast<Word>(child_stack) + stack_size - 16; }

using Body = void (*)();

inline Regs start_child(Body body, Word flags = 255) {
    return task_new(child, reinterpret_cast<Word>(body), child_stack_top(), main_thread, flags);
}
inline void kill_child() { task_new(child, 0, 0, l4_nil_id(), main_thread.low); }

/// Answers with the page itself, writable.
inline Message map_and_wait(Word address, Word timeouts = never) {
    const Word at = address & L4_FP_PAGE_MASK;
    auto* const byte = reinterpret_cast<volatile char*>(at);
    *byte = *byte; // the pager must have it writable before it can give it
    return ipc(L4_SND_MAP, L4_RCV_OPEN, child, at, at | page_4k | L4_FP_WRITE, timeouts);
}

inline bool is_exception(const Message& m) { return m.w0 == L4_EXC_COOKIE_0 && m.w1 == L4_EXC_COOKIE_1; }

/// Is it where programs lie?
constexpr bool is_programs(Word address) { return address >= 0x120000 && address < 0x300000; }

/// Serves page faults of the program's own memory until something else comes.
inline Message serve(Message m, Word timeouts = never) {
    while (l4_msgdope_error(m.result) == 0 && !is_exception(m) && is_programs(m.w0))
        m = map_and_wait(m.w0, timeouts);
    return m;
}

inline void report(Word w0, Word w1) { call_ipc(main_thread, w0, w1); }
