/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries that are the same however IPC enters: all other system calls, UTCB, kernel info page, debugger.
 *
 * EBP may be the frame pointer, which no constraint can name: its value goes over the stack. A memory operand
 * that counts from ESP is still right, since push reads it before ESP moves and pop writes it after. */
#pragma once

#include "l4/abi/ipc.h"
#include "l4/abi/kdebug.h"
#include "l4/sys/registers.h"

#define L4_ENTRY_CALL_(name, vector)                                                                        \
    static inline l4_registers_t name(l4_registers_t r) {                                                   \
        l4_word_t ebp = r.ebp;                                                                              \
        __asm__ volatile(                                                                                   \
            "pushl %[ebp]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\t"                                       \
            "int %[vec]\n\t"                                                                                \
            "movl %%ebp, 4(%%esp)\n\tpopl %%ebp\n\tpopl %[ebp]"                                             \
            : "+a"(r.eax), "+c"(r.ecx), "+d"(r.edx), "+b"(r.ebx), "+S"(r.esi), "+D"(r.edi), [ebp] "+m"(ebp) \
            : [vec] "i"(vector)                                                                             \
            : "memory", "cc");                                                                              \
        r.ebp = ebp;                                                                                        \
        return r;                                                                                           \
    }

L4_ENTRY_CALL_(l4_enter_id_nearest, L4_VEC_ID_NEAREST)
L4_ENTRY_CALL_(l4_enter_fpage_unmap, L4_VEC_FPAGE_UNMAP)
L4_ENTRY_CALL_(l4_enter_thread_switch, L4_VEC_THREAD_SWITCH)
L4_ENTRY_CALL_(l4_enter_thread_schedule, L4_VEC_THREAD_SCHEDULE)
L4_ENTRY_CALL_(l4_enter_lthread_ex_regs, L4_VEC_LTHREAD_EX_REGS)
L4_ENTRY_CALL_(l4_enter_task_new, L4_VEC_TASK_NEW)

/** Address of the caller's UTCB: the word that the kernel keeps behind GS. */
static inline l4_word_t l4_enter_utcb(void) {
    l4_word_t address;
    __asm__ volatile("movl %%gs:0, %0" : "=r"(address));
    return address;
}

/** Address of the kernel info page: "lock; nop" is no instruction, and the kernel answers it. */
static inline l4_word_t l4_enter_kip(void) {
    l4_word_t address = 0;
    __asm__ volatile(".byte 0xf0, 0x90" : "+a"(address));
    return address;
}

static inline void l4_enter_kd_outchar(char c) {
    __asm__ volatile("int3\n\tcmpb %[n], %%al" : : "a"(c), [n] "i"(L4_KD_OUTCHAR) : "cc");
}

static inline void l4_enter_kd_outnstring(const char* text, l4_word_t length) {
    __asm__ volatile("int3\n\tcmpb %[n], %%al"
                     :
                     : "a"(text), "b"(length), [n] "i"(L4_KD_OUTNSTRING)
                     : "cc", "memory");
}

static inline void l4_enter_kd_outhex32(l4_word_t value) {
    __asm__ volatile("int3\n\tcmpb %[n], %%al" : : "a"(value), [n] "i"(L4_KD_OUTHEX32) : "cc");
}

static inline l4_word_t l4_enter_kd_inchar(void) {
    l4_word_t c = 0;
    __asm__ volatile("int3\n\tcmpb %[n], %%al" : "+a"(c) : [n] "i"(L4_KD_INCHAR) : "cc");
    return c;
}

/** Enters the debugger, which shows `text`; a macro, since the text stands in the code. */
#define l4_enter_kdebug(text) __asm__ volatile("int3\n\tjmp 1f\n\t.ascii \"" text "\"\n1:" : : : "memory")
