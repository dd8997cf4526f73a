/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that the kernel sends on behalf of a thread: page fault, I/O fault, exception.
 *
 * Source: page faults: L4 Reference Manual V2; exceptions: thesis 3.3.1, 4.1.3, values of the merged version.
 */
#pragma once

#include "l4/abi/types.h"

/* Page fault: w0 = fault address with two bits replaced, w1 = EIP (-1 when a string copy faulted).
 * The reply is received with the whole space as window. */
#define L4_PF_PRESENT   0x00000001u /**< a right is missing, not the page */
#define L4_PF_WRITE     0x00000002u
#define L4_PF_ADDR_MASK 0xfffffffcu
#define L4_PF_EIP_NONE  L4_WORD_NONE
/** Reply word 0 of a pager that refuses to handle the fault. */
#define L4_PF_REFUSED L4_WORD_NONE

/* I/O fault: w0 is an I/O flexpage of 1, 2 or 4 ports (fpage.h), w1 = EIP. */

/* Exception: register words 0 and 1; the state travels through the UTCB. */
#define L4_EXC_COOKIE_0 0xfffffffbu
#define L4_EXC_COOKIE_1 0xdeafbeafu
/** Reply word 0: let an alien thread execute the trapped system call once. */
#define L4_EXC_DEALIEN 1u

/* Trap numbers in the state: IA-32's own, and one for an exception that ex_regs triggered. */
#define L4_TRAP_DIVIDE       0u
#define L4_TRAP_DEBUG        1u
#define L4_TRAP_BREAKPOINT   3u
#define L4_TRAP_OVERFLOW     4u
#define L4_TRAP_BOUND        5u
#define L4_TRAP_INVALID_OP   6u
#define L4_TRAP_NO_FPU       7u
#define L4_TRAP_DOUBLE_FAULT 8u
#define L4_TRAP_INVALID_TSS  10u
#define L4_TRAP_NO_SEGMENT   11u
#define L4_TRAP_STACK        12u
#define L4_TRAP_PROTECTION   13u
#define L4_TRAP_PAGE_FAULT   14u
#define L4_TRAP_FPU          16u
#define L4_TRAP_ALIGNMENT    17u
#define L4_TRAP_SIMD         19u
#define L4_TRAP_TIME         0xfeu
#define L4_TRAP_TRIGGERED    0xffu

/* Error codes of a trap 13 that stands for an `int n`: n * 8 + 2. */
#define L4_EXC_ERR_INT80      0x402u
#define L4_EXC_ERR_IPC        0x182u
#define L4_EXC_ERR_AFTER_CALL 0x004u /**< or'ed: an alien's system call, on its way back */

L4_ABI_INLINE l4_word_t l4_exc_err_int(l4_word_t vector) { return vector * 8u + 2u; }
L4_ABI_ASSERT(0x80u * 8u + 2u == L4_EXC_ERR_INT80);
L4_ABI_ASSERT(0x30u * 8u + 2u == L4_EXC_ERR_IPC);
