// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Thousands of threads without stacks, which all do the same.
#include "child.h"

extern "C" {
void sleep_long(); ///< until a little after the one before it: five hours, then again
void send_word();  ///< to the main thread, which may take its time
}

// In a page of their own. A stack pointer that nobody needs is the partner's id.
asm(".text\n.balign 4096\n"
    "sleep_long:\n\t"
    "mov $-1, %eax\n\t"
    "mov $0xfd000002, %ecx\n\t"
    "xor %ebp, %ebp\n\t"
    "xor %esi, %esi\n\t"
    "xor %edi, %edi\n\t"
    "int $0x30\n\t"
    "jmp sleep_long\n"
    "send_word:\n\t"
    "xor %eax, %eax\n\t"
    "xor %ecx, %ecx\n\t"
    "mov $-1, %ebp\n\t"
    "mov %esp, %esi\n\t"
    "xor %edi, %edi\n\t"
    "int $0x30\n\t"
    "jmp sleep_long\n\t"
    ".balign 4096");

namespace crowd {

/// As many as a machine of 128 MiB has kernel memory for, and one of 1,024.
inline constexpr Word tasks = 60, most_tasks = 270, first_task = 8;
/// Threads: there are other tasks.
constexpr Word enough(Word of_tasks) { return of_tasks * L4_THREADS_PER_TASK * 9 / 10; }

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

/// How many of so many tasks' threads do it then.
inline Word make(l4_threadid_t pager, Body body = sleep_long, Word of_tasks = tasks) {
    const Word eip = reinterpret_cast<Word>(body), esp = main_thread.low;
    Word count = 0;
    for (Word task = first_task; task < first_task + of_tasks; ++task) {
        if (task_new(l4_threadid(task, 0), eip, esp, pager).esi == 0) return count;
        ++count;
        for (Word l = 1; l < L4_THREADS_PER_TASK; ++l) {
            if (ex_regs(l4_ex_regs_target(task, l), eip, esp, pager).eax == L4_EX_REGS_ERROR) return count;
            ++count;
            sleep(receive_within(32));
        }
    }
    return count;
}

} // namespace crowd
