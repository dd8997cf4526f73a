/* SPDX-License-Identifier: BSD-2-Clause */
/* The fpage_unmap system call. */
#pragma once

#include "l4/abi/fpage.h"
#include "l4/sys/entry.h"

/** `mask` as in abi/fpage.h; the result is L4_FP_REFERENCED and L4_FP_DIRTY of what was visited. */
static inline l4_word_t l4_fpage_unmap(l4_word_t fpage, l4_word_t mask) {
    l4_registers_t r = {fpage, mask, 0, 0, 0, 0, 0};
    return l4_enter_fpage_unmap(r).eax;
}
