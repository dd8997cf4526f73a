// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A call by `int` with all registers, flags and the stack pointer looked at.
#include "conformance/harness/call.h"

namespace conformance {

struct Raw {
    Word edi, esi, ebp, ebx, edx, ecx, eax, eflags;
    Word esp_before, esp_after;
};

/// `r.eflags` are those at the call.
template <Word vector>
inline Raw raw_call(Raw r) {
    asm volatile(
        "push %%ebp\n\t"
        "push %0\n\t"
        "mov %%esp, 32(%0)\n\t"
        "push 28(%0)\n\t"
        "mov 0(%0), %%edi\n\t"
        "mov 4(%0), %%esi\n\t"
        "mov 8(%0), %%ebp\n\t"
        "mov 12(%0), %%ebx\n\t"
        "mov 16(%0), %%edx\n\t"
        "mov 20(%0), %%ecx\n\t"
        "mov 24(%0), %%eax\n\t"
        "popf\n\t"
        "int %1\n\t"
        "pushf\n\t"
        "push %%eax\n\t"
        "mov 8(%%esp), %%eax\n\t"
        "mov %%edi, 0(%%eax)\n\t"
        "mov %%esi, 4(%%eax)\n\t"
        "mov %%ebp, 8(%%eax)\n\t"
        "mov %%ebx, 12(%%eax)\n\t"
        "mov %%edx, 16(%%eax)\n\t"
        "mov %%ecx, 20(%%eax)\n\t"
        "popl 24(%%eax)\n\t"
        "popl 28(%%eax)\n\t"
        "mov %%esp, 36(%%eax)\n\t"
        "cld\n\t"
        "add $4, %%esp\n\t"
        "pop %%ebp"
        :
        : "a"(&r), "i"(vector)
        : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
    return r;
}

inline Raw raw(Regs r, Word eflags = 0x202) {
    return {r.edi, r.esi, r.ebp, r.ebx, r.edx, r.ecx, r.eax, eflags, 0, 0};
}

} // namespace conformance
