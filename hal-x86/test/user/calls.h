// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// System calls and output for the PC's test programs: as raw as they come, all registers in and out.
#include <cstdint>

#include "l4/abi/ipc.h"
#include "l4/abi/kdebug.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"

using Word = std::uint32_t;

struct Regs {
    Word eax = 0, ecx = 0, edx = 0, ebx = 0, ebp = 0, esi = 0, edi = 0;
};

// All seven from the block at %0; and back: EAX was pushed, and below it on the stack are the block's address
// and EBP.
#define LOAD_REGISTERS      \
    "mov 0(%0), %%edi\n\t"  \
    "mov 4(%0), %%esi\n\t"  \
    "mov 8(%0), %%ebp\n\t"  \
    "mov 12(%0), %%ebx\n\t" \
    "mov 16(%0), %%edx\n\t" \
    "mov 20(%0), %%ecx\n\t" \
    "mov 24(%0), %%eax\n\t"
#define STORE_REGISTERS        \
    "mov 4(%%esp), %%eax\n\t"  \
    "mov %%edi, 0(%%eax)\n\t"  \
    "mov %%esi, 4(%%eax)\n\t"  \
    "mov %%ebp, 8(%%eax)\n\t"  \
    "mov %%ebx, 12(%%eax)\n\t" \
    "mov %%edx, 16(%%eax)\n\t" \
    "mov %%ecx, 20(%%eax)\n\t" \
    "pop 24(%%eax)\n\t"        \
    "add $4, %%esp\n\t"        \
    "pop %%ebp"

/// int VECTOR with these registers.
template <unsigned vector>
inline Regs call(Regs r) {
    Word block[7] = {r.edi, r.esi, r.ebp, r.ebx, r.edx, r.ecx, r.eax};
    asm volatile(
        "push %%ebp\n\t"
        "push %0\n\t" LOAD_REGISTERS
        "int %1\n\t"
        "push %%eax\n\t" STORE_REGISTERS
        :
        : "a"(block), "i"(vector)
        : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
    return {block[6], block[5], block[4], block[3], block[2], block[1], block[0]};
}

/// `call *entry` with these registers: of the call stubs that for IPC enters by sysenter.
inline Regs call_at(Word entry, Regs r) {
    Word block[8] = {r.edi, r.esi, r.ebp, r.ebx, r.edx, r.ecx, r.eax, entry};
    asm volatile(
        "push %%ebp\n\t"
        "push %0\n\t"
        "push 28(%0)\n\t" LOAD_REGISTERS
        "call *(%%esp)\n\t"
        "mov %%eax, (%%esp)\n\t" STORE_REGISTERS
        :
        : "a"(block)
        : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
    return {block[6], block[5], block[4], block[3], block[2], block[1], block[0]};
}

#undef LOAD_REGISTERS
#undef STORE_REGISTERS

inline constexpr Word never = 0, at_once = 0x11, send_at_once = 0x10;
/// Receive timeout of `micros`, rounded to man * 16 us; send never.
constexpr Word receive_within(Word micros) { return 13u | (micros / 16) << 24; }
/// For what comes at once on a machine that is not made to wait: 200 ms.
inline constexpr Word patiently = 10u | 195u << 24;

struct Message {
    Word result, w0, w1;
    l4_threadid_t from;
};

inline Message ipc(Word send, Word receive, l4_threadid_t partner, Word w0, Word w1, Word timeouts) {
    const Regs r = call<L4_VEC_IPC>({send, timeouts, w0, w1, receive, partner.low, partner.high});
    return {r.eax, r.edx, r.ebx, {r.esi, r.edi}};
}
inline Message call_ipc(l4_threadid_t to, Word w0, Word w1, Word timeouts = never) {
    return ipc(0, 0, to, w0, w1, timeouts);
}
inline Message wait(Word timeouts = never) { return ipc(L4_IPC_NO_SEND, L4_RCV_OPEN, {}, 0, 0, timeouts); }
inline Message sleep(Word timeouts) { return ipc(L4_IPC_NO_SEND, 0, l4_nil_id(), 0, 0, timeouts); }

inline l4_threadid_t myself() {
    const Regs r = call<L4_VEC_ID_NEAREST>({});
    return {r.esi, r.edi};
}

/// Starts or changes a thread.
inline Regs ex_regs(Word target, Word eip, Word esp, l4_threadid_t pager) {
    return call<L4_VEC_LTHREAD_EX_REGS>(
        {.eax = target, .ecx = esp, .edx = eip, .ebx = ~0u, .ebp = ~0u, .esi = pager.low, .edi = pager.high});
}

inline Regs task_new(l4_threadid_t task, Word eip, Word esp, l4_threadid_t pager, Word flags = 255) {
    return call<L4_VEC_TASK_NEW>({.eax = flags,
                                  .ecx = esp,
                                  .edx = eip,
                                  .ebx = pager.low,
                                  .ebp = pager.high,
                                  .esi = task.low,
                                  .edi = task.high});
}

/// Priority, and a slice of man * 4 ^ (15 - exp) us; two zeros: an endless one.
inline void set_slice(l4_threadid_t id, Word prio, Word man, Word exp) {
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = l4_sched_param(prio, man, exp), .ebx = ~0u, .ebp = ~0u, .esi = id.low, .edi = id.high});
}

inline l4_utcb_t& utcb() {
    l4_utcb_t* u;
    asm volatile("mov %%gs:0, %0" : "=r"(u));
    return *u;
}

/// What is typed; others run until it is.
inline Word input() {
    Word c;
    asm volatile("int3; cmpb %1, %%al" : "=a"(c) : "i"(L4_KD_INCHAR) : "cc");
    return c;
}

inline void put(char c) { asm volatile("int3; cmpb %1, %%al" ::"a"(c), "i"(L4_KD_OUTCHAR) : "cc"); }
inline void put(const char* text) {
    for (const volatile char* at = text; *at; ++at) {
    } // has it mapped: the kernel takes no page fault for it
    asm volatile("int3; cmpb %1, %%al" ::"a"(text), "i"(L4_KD_OUTSTRING) : "cc", "memory");
}
inline void put_decimal(Word n) { asm volatile("int3; cmpb %1, %%al" ::"a"(n), "i"(L4_KD_OUTDEC) : "cc"); }
inline void put_hex(Word n) { asm volatile("int3; cmpb %1, %%al" ::"a"(n), "i"(L4_KD_OUTHEX32) : "cc"); }
