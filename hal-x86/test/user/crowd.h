// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Thousands of threads, each of which sleeps until a little after the one before it.
#include "child.h"

extern "C" void sleep_long();

// In a page of its own, without a stack: five hours, then again.
asm(".text\n.balign 4096\n"
    "sleep_long:\n\t"
    "mov $-1, %eax\n\t"
    "mov $0xfd000002, %ecx\n\t"
    "xor %ebp, %ebp\n\t"
    "xor %esi, %esi\n\t"
    "xor %edi, %edi\n\t"
    "int $0x30\n\t"
    "jmp sleep_long\n\t"
    ".balign 4096");

namespace crowd {

inline constexpr Word tasks = 60, first_task = 8, enough = tasks * L4_THREADS_PER_TASK * 9 / 10;

/// Gives the crowd its page, read-only: it has one only.
inline void be_pager() {
    const Word at = reinterpret_cast<Word>(sleep_long);
    static_cast<void>(*reinterpret_cast<const volatile char*>(at));
    Message m = wait();
    for (;;) {
        m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, at, at | page_4k, send_at_once);
        if (l4_msgdope_error(m.result) != 0) m = wait();
    }
}

/// How many sleep then.
inline Word make(l4_threadid_t pager) {
    const Word eip = reinterpret_cast<Word>(sleep_long);
    Word count = 0;
    for (Word task = first_task; task < first_task + tasks; ++task) {
        if (task_new(l4_threadid(task, 0), eip, 0, pager).esi == 0) return count;
        ++count;
        for (Word l = 1; l < L4_THREADS_PER_TASK; ++l) {
            if (ex_regs(l4_ex_regs_target(task, l), eip, 0, pager).eax == L4_EX_REGS_ERROR) return count;
            ++count;
            sleep(receive_within(32));
        }
    }
    return count;
}

} // namespace crowd
