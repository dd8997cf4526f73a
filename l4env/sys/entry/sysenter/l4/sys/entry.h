/* SPDX-License-Identifier: BSD-2-Clause */
/* Into the kernel: ipc by sysenter, every other system call by its interrupt vector. */
#pragma once

#include "l4env/sys/entry/ia32_calls.h"

/** The kernel finds timeout, receive descriptor and return address on the stack, and takes them off. sysexit
 *  needs EDX: coming back that way, w0 is in EBP and the EIP is two bytes before the one that was pushed. */
static inline l4_registers_t l4_enter_ipc(l4_registers_t r) {
    const l4_word_t ebp = r.ebp;
    __asm__ volatile(
        "pushl %[ebp]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\t"
        "pushl %%ecx\n\tpushl %%ebp\n\tpushl $0x1b\n\tpushl $1f\n\tmovl %%esp, %%ecx\n\t"
        "sysenter\n\t"
        "movl %%ebp, %%edx\n"
        "1:\tpopl %%ebp\n\taddl $4, %%esp"
        : "+a"(r.eax), "+c"(r.ecx), "+d"(r.edx), "+b"(r.ebx), "+S"(r.esi), "+D"(r.edi)
        : [ebp] "m"(ebp)
        : "memory", "cc");
    return r;
}
