/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of ipc: what is sent, and what is received where. */
#pragma once

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"

/** Word 0 is the send base (hot spot) and word 1 the flexpage; nothing else. */
L4_ABI_INLINE l4_word_t l4_snd_fpage(void) { return L4_SND_MAP; }

/** A message buffer; `options` are L4_SND_*. */
static inline l4_word_t l4_snd_buffer(const void* message, l4_word_t options) {
    return ((l4_word_t)(uintptr_t)message & L4_SND_BUFFER_MASK) | options;
}

static inline l4_word_t l4_rcv_buffer(const void* message) {
    return (l4_word_t)(uintptr_t)message & L4_RCV_BUFFER_MASK;
}

/** Registers, and a mapping into the window `fpage` (memory or ports, without options). */
L4_ABI_INLINE l4_word_t l4_rcv_fpage(l4_word_t fpage) { return (fpage & L4_RCV_BUFFER_MASK) | L4_RCV_MAP; }

/** Registers, and a mapping to the address that the sender says; the sender must be trusted. */
L4_ABI_INLINE l4_word_t l4_rcv_anywhere(void) { return L4_FP_WHOLE_SPACE | L4_RCV_MAP; }
