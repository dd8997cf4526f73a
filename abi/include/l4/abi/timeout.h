/* SPDX-License-Identifier: BSD-2-Clause */
/* Timeouts of ipc: the word in ECX, and the flags in the partner id that make them absolute.
 *
 * Source: L4 Reference Manual V2, timeouts; absolute ones as in Fiasco of 2005 and later. */
#pragma once

#include "l4/abi/types.h"

/* Timeout word (ECX).  Send and receive: exponent 0 = never; else mantissa * 4^(15-exp) us, so a
 * zero mantissa is zero.  Page faults: 0 = never, 15 = zero, else 4^(15-exp) us.  The send field counts
 * for faults in the receiver's space, the receive field for faults in the sender's. */
#define L4_TIMEOUT_RCV_EXP_SHIFT    0u
#define L4_TIMEOUT_RCV_EXP_MASK     0x0000000fu
#define L4_TIMEOUT_SND_EXP_SHIFT    4u
#define L4_TIMEOUT_SND_EXP_MASK     0x000000f0u
#define L4_TIMEOUT_RCV_PF_EXP_SHIFT 8u
#define L4_TIMEOUT_RCV_PF_EXP_MASK  0x00000f00u
#define L4_TIMEOUT_SND_PF_EXP_SHIFT 12u
#define L4_TIMEOUT_SND_PF_EXP_MASK  0x0000f000u
#define L4_TIMEOUT_SND_MAN_SHIFT    16u
#define L4_TIMEOUT_SND_MAN_MASK     0x00ff0000u
#define L4_TIMEOUT_RCV_MAN_SHIFT    24u
#define L4_TIMEOUT_RCV_MAN_MASK     0xff000000u

#define L4_TIMEOUT_NEVER    0x00000000u /**< all four */
#define L4_TIMEOUT_RCV_ZERO 0x00000001u
#define L4_TIMEOUT_SND_ZERO 0x00000010u
#define L4_TIMEOUT_ZERO     0x00000011u /**< both phases; page faults never */
#define L4_TIMEOUT_PF_NEVER 0u
#define L4_TIMEOUT_PF_ZERO  15u

/* Per-call flags in the chief field of the partner id's high word.  An absolute timeout takes its
 * exponent and mantissa from the timeout word: e = 15 - exp, deadline = the clock with its low e+8
 * bits replaced by mantissa << e, moved to the half range that the CLOCK bit names (bit e+8). */
#define L4_IPC_ABS_RCV       0x00020000u /**< chief bit 0: the receive timeout is absolute */
#define L4_IPC_ABS_SND       0x00040000u /**< chief bit 1: the send timeout is absolute */
#define L4_IPC_ABS_RCV_CLOCK 0x00080000u /**< chief bit 2: clock bit of the receive deadline */
#define L4_IPC_ABS_SND_CLOCK 0x00100000u /**< chief bit 3: clock bit of the send deadline */
#define L4_IPC_NEXT_PERIOD   0x00200000u /**< chief bit 4: real-time periods; ignored */
#define L4_IPC_PREEMPTION    0x00400000u /**< chief bit 5: preemption message; ignored */
#define L4_IPC_ID_FLAGS_MASK 0x007e0000u /**< all of them: not part of the id */

/** Send and receive parts of the timeout word; or the page-fault parts to it, below. */
L4_ABI_INLINE l4_word_t l4_timeout(l4_word_t snd_man, l4_word_t snd_exp, l4_word_t rcv_man,
                                   l4_word_t rcv_exp) {
    return ((snd_man << L4_TIMEOUT_SND_MAN_SHIFT) & L4_TIMEOUT_SND_MAN_MASK) |
           ((snd_exp << L4_TIMEOUT_SND_EXP_SHIFT) & L4_TIMEOUT_SND_EXP_MASK) |
           ((rcv_man << L4_TIMEOUT_RCV_MAN_SHIFT) & L4_TIMEOUT_RCV_MAN_MASK) |
           ((rcv_exp << L4_TIMEOUT_RCV_EXP_SHIFT) & L4_TIMEOUT_RCV_EXP_MASK);
}

L4_ABI_INLINE l4_word_t l4_timeout_pf(l4_word_t snd_exp, l4_word_t rcv_exp) {
    return ((snd_exp << L4_TIMEOUT_SND_PF_EXP_SHIFT) & L4_TIMEOUT_SND_PF_EXP_MASK) |
           ((rcv_exp << L4_TIMEOUT_RCV_PF_EXP_SHIFT) & L4_TIMEOUT_RCV_PF_EXP_MASK);
}
