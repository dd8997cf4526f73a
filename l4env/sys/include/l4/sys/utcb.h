/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's UTCB, and those of the other threads of its task. */
#pragma once

#include "l4/abi/utcb.h"
#include "l4/sys/entry.h"

static inline l4_utcb_t* l4_my_utcb(void) { return (l4_utcb_t*)(uintptr_t)l4_enter_utcb(); }

static inline l4_utcb_t* l4_utcb_of(l4_word_t lthread) {
    return (l4_utcb_t*)(uintptr_t)(L4_UTCB_AREA + lthread * L4_UTCB_SIZE);
}

/** The caller is a pager that takes exception messages with all state, and `more` (L4_UTCB_*). */
static inline void l4_utcb_take_exceptions(l4_word_t more) {
    l4_utcb_t* const utcb = l4_my_utcb();
    utcb->rcv_size = L4_UTCB_STATE_WORDS;
    utcb->snd_size = 0;
    utcb->status = L4_UTCB_EXCEPTIONS | more;
}
