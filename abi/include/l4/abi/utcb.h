/* SPDX-License-Identifier: BSD-2-Clause */
/* The UTCB: exception state as a pager sees it (thesis 3.3.1, 4.1.2; layout of the merged version). */
#pragma once

#include "l4/abi/types.h"

/** Number of words that an exception message moves. */
#define L4_UTCB_STATE_WORDS 16u

/** Registers of a thread in the order in which the trap entry pushes them, so that the kernel can move
 *  them as one block.  In a reply the kernel ignores `cs` and sanitises `eflags`. */
typedef struct l4_utcb_state {
    l4_word_t gs, fs;
    l4_word_t edi, esi, ebp;
    l4_word_t pfa; /**< fault address when trapno is 14 */
    l4_word_t ebx, edx, ecx, eax;
    l4_word_t trapno, err;
    l4_word_t eip, cs, eflags, esp;
} l4_utcb_state_t;
L4_ABI_ASSERT(sizeof(l4_utcb_state_t) == 4 * L4_UTCB_STATE_WORDS);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, gs) == 0x00);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, fs) == 0x04);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, edi) == 0x08);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, esi) == 0x0c);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, ebp) == 0x10);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, pfa) == 0x14);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, ebx) == 0x18);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, edx) == 0x1c);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, ecx) == 0x20);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, eax) == 0x24);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, trapno) == 0x28);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, err) == 0x2c);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, eip) == 0x30);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, cs) == 0x34);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, eflags) == 0x38);
L4_ABI_ASSERT(offsetof(l4_utcb_state_t, esp) == 0x3c);

/** One thread's UTCB.  Every word belongs to the user; the kernel writes `state` only: in a rendezvous,
 *  `snd_size` words of the sender limited by `rcv_size` of the receiver, and all for L4_EX_REGS_STATE_GET. */
typedef struct l4_utcb {
    l4_word_t status; /**< L4_UTCB_* below */
    l4_utcb_state_t state;
    l4_word_t snd_size; /**< words of `state` to send */
    l4_word_t rcv_size; /**< words of `state` to accept */
    /** Three TLS descriptors, low word first: L4_EX_REGS_TLS. (Once: local IPC.) */
    l4_word_t tls[6];
    /** Absolute time in us, low word first, all ones = none: L4_UTCB_TIME_LIMIT. */
    l4_word_t time_limit[2];
    l4_word_t map_count; /**< flexpages in `state` behind the words sent: more of an answer */
    l4_word_t reserved[4];
} l4_utcb_t;
L4_ABI_ASSERT(sizeof(l4_utcb_t) == 128);
L4_ABI_ASSERT(offsetof(l4_utcb_t, status) == 0x00);
L4_ABI_ASSERT(offsetof(l4_utcb_t, state) == 0x04);
L4_ABI_ASSERT(offsetof(l4_utcb_t, snd_size) == 0x44);
L4_ABI_ASSERT(offsetof(l4_utcb_t, rcv_size) == 0x48);
L4_ABI_ASSERT(offsetof(l4_utcb_t, tls) == 0x4c);
L4_ABI_ASSERT(offsetof(l4_utcb_t, time_limit) == 0x64);
L4_ABI_ASSERT(offsetof(l4_utcb_t, map_count) == 0x6c);
L4_ABI_ASSERT(offsetof(l4_utcb_t, reserved) == 0x70);

/* Status bits: what this thread, as a pager, understands. */
#define L4_UTCB_EXCEPTIONS   0x00000001u /**< send me exception messages */
#define L4_UTCB_INHERIT_FPU  0x00000002u /**< of older kernels; nothing here (L4_EX_REGS_FPU_*) */
#define L4_UTCB_TRANSFER_FPU 0x00000004u /**< likewise */
#define L4_UTCB_PF_STATE     0x00000008u /**< page-fault messages come with the state, and take it back */
#define L4_UTCB_DEBUG        0x00000010u /**< int3 and single steps are exception messages to me, too */
#define L4_UTCB_TIME_LIMIT   0x00000020u /**< my answers carry `time_limit` */

/* The UTCB of lthread n is at L4_UTCB_AREA + n * sizeof(l4_utcb_t) in every task. */
#define L4_UTCB_AREA      0xbff00000u
#define L4_UTCB_SIZE      128u
#define L4_UTCB_AREA_SIZE 0x00004000u
L4_ABI_ASSERT(sizeof(l4_utcb_t) == L4_UTCB_SIZE);
L4_ABI_ASSERT(L4_UTCB_AREA_SIZE == 128u * L4_UTCB_SIZE);
