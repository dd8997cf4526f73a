// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A call by `int` with all registers, flags and the stack pointer looked at.
#include "conformance/harness/call.h"

namespace conformance {

struct Raw {
    Word edi, esi, ebp, ebx, edx, ecx, eax, eflags;
    Word esp_before, esp_after;
};

#define CONFORMANCE_RAW_(enter, ...) \
    asm volatile(                    \
        "push %%ebp\n\t"             \
        "push %0\n\t"                \
        "mov %%esp, 32(%0)\n\t"      \
        "push 28(%0)\n\t"            \
        "mov 0(%0), %%edi\n\t"       \
        "mov 4(%0), %%esi\n\t"       \
        "mov 8(%0), %%ebp\n\t"       \
        "mov 12(%0), %%ebx\n\t"      \
        "mov 16(%0), %%edx\n\t"      \
        "mov 20(%0), %%ecx\n\t"      \
        "mov 24(%0), %%eax\n\t"      \
        "popf\n\t" enter             \
        "pushf\n\t"                  \
        "push %%eax\n\t"             \
        "mov 8(%%esp), %%eax\n\t"    \
        "mov %%edi, 0(%%eax)\n\t"    \
        "mov %%esi, 4(%%eax)\n\t"    \
        "mov %%ebp, 8(%%eax)\n\t"    \
        "mov %%ebx, 12(%%eax)\n\t"   \
        "mov %%edx, 16(%%eax)\n\t"   \
        "mov %%ecx, 20(%%eax)\n\t"   \
        "popl 24(%%eax)\n\t"         \
        "popl 28(%%eax)\n\t"         \
        "mov %%esp, 36(%%eax)\n\t"   \
        "cld\n\t"                    \
        "add $4, %%esp\n\t"          \
        "pop %%ebp"                  \
        :                            \
        : "a"(&r), ##__VA_ARGS__     \
        : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc")

/// `r.eflags` are those at the call.
template <Word vector>
inline Raw raw_call(Raw r) {
    CONFORMANCE_RAW_("int %1\n\t", "i"(vector));
    return r;
}

/// By `call` to the kernel's stub. What it needs is where no register is.
template <Word vector>
inline Raw raw_stub_call(Raw r) {
    static const Word stub = L4_SYSCALL_PAGE + (vector - L4_VEC_IPC) * L4_SYSCALL_STRIDE;
    CONFORMANCE_RAW_("call *%1\n\t", "m"(stub));
    return r;
}

/// ipc by sysenter: timeouts, receive descriptor, a constant and where to go on are on the stack.
inline Raw raw_sysenter(Raw r) {
    CONFORMANCE_RAW_(
        "push %%ecx\n\tpush %%ebp\n\tpush $0x1b\n\tpush $1f\n\tmov %%esp, %%ecx\n\tsysenter\n\t"
        "mov %%ebp, %%edx\n1:\t");
    return r;
}

inline Raw raw(Regs r, Word eflags = 0x202) {
    return {r.edi, r.esi, r.ebp, r.ebx, r.edx, r.ecx, r.eax, eflags, 0, 0};
}

} // namespace conformance
