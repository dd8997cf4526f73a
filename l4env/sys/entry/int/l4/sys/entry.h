/* SPDX-License-Identifier: BSD-2-Clause */
/* Into the kernel: every system call by its interrupt vector. */
#pragma once

#include "l4env/sys/entry/ia32_calls.h"

/** EBP does not come back: ipc leaves it undefined. */
static inline l4_registers_t l4_enter_ipc(l4_registers_t r) {
    const l4_word_t ebp = r.ebp;
    __asm__ volatile(
        "pushl %[ebp]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\t"
        "int %[vec]\n\t"
        "popl %%ebp\n\taddl $4, %%esp"
        : "+a"(r.eax), "+c"(r.ecx), "+d"(r.edx), "+b"(r.ebx), "+S"(r.esi), "+D"(r.edi)
        : [ebp] "m"(ebp), [vec] "i"(L4_VEC_IPC)
        : "memory", "cc");
    return r;
}
