/* SPDX-License-Identifier: BSD-2-Clause */
/* The ipc system call: vectors, descriptors, result, message buffers, interrupt ids.
 *
 * Registers in:  EAX send descriptor, ECX timeouts, EDX w0, EBX w1, EBP receive descriptor,
 *                ESI:EDI partner (low:high).
 * Registers out: EAX result (msgdope), EDX w0, EBX w1, ESI:EDI source; ECX and EBP undefined.
 *
 * Source: L4 Reference Manual V2, ipc; interrupt ids 1..255 as in Fiasco. */
#pragma once

#include "l4/abi/timeout.h" /* ECX, and the flags in EDI */
#include "l4/abi/types.h"

/* Interrupt vectors of the system calls (trap gates, DPL 3).  EFLAGS survive, EBP never does. */
#define L4_VEC_IPC             0x30u
#define L4_VEC_ID_NEAREST      0x31u
#define L4_VEC_FPAGE_UNMAP     0x32u
#define L4_VEC_THREAD_SWITCH   0x33u
#define L4_VEC_THREAD_SCHEDULE 0x34u
#define L4_VEC_LTHREAD_EX_REGS 0x35u
#define L4_VEC_TASK_NEW        0x36u

/* Send descriptor (EAX): none, or a buffer address with two option bits below it. */
#define L4_IPC_NO_SEND     L4_WORD_NONE
#define L4_SND_DECEIT      0x00000001u /**< here: do not switch to the receiver */
#define L4_SND_MAP         0x00000002u /**< the first doublewords are send flexpages */
#define L4_SND_BUFFER_MASK 0xfffffffcu /**< 0 = registers only */

/* Receive descriptor (EBP): none, or a buffer address or receive flexpage with two option bits. */
#define L4_IPC_NO_RECV     L4_WORD_NONE
#define L4_RCV_OPEN        0x00000001u /**< from anybody; the partner id is not looked at */
#define L4_RCV_MAP         0x00000002u /**< bits 2.. are a receive flexpage, registers only */
#define L4_RCV_BUFFER_MASK 0xfffffffcu /**< 0 = registers only */

/* Result (EAX out), and the dopes of a message buffer, which have only the two counts. */
#define L4_MSGDOPE_DECEITED       0x00000001u /**< never set: no clans redirection */
#define L4_MSGDOPE_FPAGE_RECEIVED 0x00000002u /**< at least one page was mapped or granted */
#define L4_MSGDOPE_REDIRECTED     0x00000004u /**< never set */
#define L4_MSGDOPE_SRC_INSIDE     0x00000008u /**< never set */
#define L4_MSGDOPE_SND_ERROR      0x00000010u /**< the error came up in the send phase */
#define L4_MSGDOPE_ERROR_SHIFT    4u
#define L4_MSGDOPE_ERROR_MASK     0x000000f0u
#define L4_MSGDOPE_STRINGS_SHIFT  8u
#define L4_MSGDOPE_STRINGS_MASK   0x00001f00u
#define L4_MSGDOPE_DWORDS_SHIFT   13u
#define L4_MSGDOPE_DWORDS_MASK    0xffffe000u

/* Error codes, bits 4..7 of the result.  RE: receive phase, SE: send phase. */
#define L4_IPC_OK            0x00u
#define L4_IPC_ENOT_EXISTENT 0x10u /**< no such partner, or an interrupt that another thread owns */
#define L4_IPC_RETIMEOUT     0x20u
#define L4_IPC_SETIMEOUT     0x30u
#define L4_IPC_RECANCELED    0x40u /**< ex_regs ended the wait; no data moved */
#define L4_IPC_SECANCELED    0x50u
#define L4_IPC_REMAPFAILED   0x60u /**< no kernel memory for the mapping */
#define L4_IPC_SEMAPFAILED   0x70u
#define L4_IPC_RESNDPFTO     0x80u /**< the sender's timeout for faults in the receiver's space */
#define L4_IPC_SESNDPFTO     0x90u
#define L4_IPC_RERCVPFTO     0xa0u /**< the receiver's timeout for faults in the sender's space */
#define L4_IPC_SERCVPFTO     0xb0u
#define L4_IPC_REABORTED     0xc0u /**< ended in mid-transfer */
#define L4_IPC_SEABORTED     0xd0u
#define L4_IPC_REMSGCUT      0xe0u
#define L4_IPC_SEMSGCUT      0xf0u

/** Head of a message buffer; `dwords` continue it, the string dopes follow the last doubleword that
 *  `size` counts.  Units of both dopes: doublewords from `dwords[0]` on, and strings. */
typedef struct l4_msg_head {
    l4_word_t rcv_fpage; /**< window for mappings that are received */
    l4_word_t size_dope; /**< capacity of the buffer; low 8 bits zero */
    l4_word_t snd_dope;  /**< what to send; low 8 bits zero */
    l4_word_t dwords[2]; /**< travel in EDX and EBX; stored too when a long message arrives */
} l4_msg_head_t;
L4_ABI_ASSERT(sizeof(l4_msg_head_t) == 20);
L4_ABI_ASSERT(offsetof(l4_msg_head_t, rcv_fpage) == 0);
L4_ABI_ASSERT(offsetof(l4_msg_head_t, size_dope) == 4);
L4_ABI_ASSERT(offsetof(l4_msg_head_t, snd_dope) == 8);
L4_ABI_ASSERT(offsetof(l4_msg_head_t, dwords) == 12);

/** A string to send and a place to receive one.  Sizes in bytes.  A receive overwrites the first two
 *  words with the length that arrived and the buffer that took it. */
typedef struct l4_strdope {
    l4_word_t snd_size;
    l4_word_t snd_addr;
    l4_word_t rcv_size;
    l4_word_t rcv_addr;
} l4_strdope_t;
L4_ABI_ASSERT(sizeof(l4_strdope_t) == 16);
L4_ABI_ASSERT(offsetof(l4_strdope_t, snd_size) == 0);
L4_ABI_ASSERT(offsetof(l4_strdope_t, snd_addr) == 4);
L4_ABI_ASSERT(offsetof(l4_strdope_t, rcv_size) == 8);
L4_ABI_ASSERT(offsetof(l4_strdope_t, rcv_addr) == 12);

#define L4_MSG_DWORDS_MAX      0x7ffffu /**< 19 bits of a dope */
#define L4_MSG_STRINGS_MAX     31u      /**< 5 bits of a dope */
#define L4_MSG_REGISTER_DWORDS 2u       /**< what a message in registers counts */

/* Interrupt threads: the whole id is the line number plus one, the high word zero. */
#define L4_IRQ_ID_FIRST 1u
#define L4_IRQ_ID_LAST  255u

L4_ABI_INLINE l4_threadid_t l4_irq_id(l4_word_t irq) {
    l4_threadid_t id = {irq + L4_IRQ_ID_FIRST, 0};
    return id;
}

L4_ABI_INLINE l4_word_t l4_msgdope(l4_word_t dwords, l4_word_t strings) {
    return ((dwords << L4_MSGDOPE_DWORDS_SHIFT) & L4_MSGDOPE_DWORDS_MASK) |
           ((strings << L4_MSGDOPE_STRINGS_SHIFT) & L4_MSGDOPE_STRINGS_MASK);
}

L4_ABI_INLINE l4_word_t l4_msgdope_error(l4_word_t dope) { return dope & L4_MSGDOPE_ERROR_MASK; }
