/* SPDX-License-Identifier: BSD-2-Clause */
/* Flexpages that fit: a range is made of the largest aligned powers of two. */
#pragma once

#include "l4/abi/fpage.h"
#include "l4/abi/limits.h"

/** log2 of the largest aligned block that begins at `address` and has at most `bytes`, at least a page (both
 *  multiples of a page, bytes not 0), at most 2^max_log2. */
L4_ABI_INLINE l4_word_t l4_block_log2(l4_word_t address, l4_word_t bytes, l4_word_t max_log2) {
    l4_word_t log2 = L4_PAGE_SHIFT;
    while (log2 < max_log2 && (address & ((2u << log2) - 1)) == 0 && bytes >> log2 > 1) log2++;
    return log2;
}

L4_ABI_INLINE l4_word_t l4_page_floor(l4_word_t address) { return address & L4_FP_PAGE_MASK; }

/** Wraps to 0 in the last page of the 4 GiB. */
L4_ABI_INLINE l4_word_t l4_page_ceil(l4_word_t address) {
    return (address + ~L4_FP_PAGE_MASK) & L4_FP_PAGE_MASK;
}
