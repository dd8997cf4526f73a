/* SPDX-License-Identifier: BSD-2-Clause */
/* Flexpages: naturally aligned power-of-two ranges of memory or I/O ports; and the fpage_unmap mask.
 *
 * fpage_unmap in: EAX flexpage, ECX mask.  Out: EAX status bits; other registers undefined.
 *
 * Source: L4 Reference Manual V2, flexpages and fpage_unmap; I/O flexpages, the task field and the status
 * bits as in Fiasco of 2007. */
#pragma once

#include "l4/abi/types.h"

/* Both kinds. */
#define L4_FP_GRANT      0x00000001u /**< send side: the mapping moves instead of being copied */
#define L4_FP_WRITE      0x00000002u /**< memory only */
#define L4_FP_SIZE_SHIFT 2u
#define L4_FP_SIZE_MASK  0x000000fcu

/* Memory: size log2 12..32 (32 is the whole space), page number in bits 12..31. */
#define L4_FP_PAGE_MASK      0xfffff000u
#define L4_FP_MEM_SIZE_MIN   12u
#define L4_FP_SUPERPAGE_SIZE 22u
#define L4_FP_WHOLE_SIZE     32u
#define L4_FP_WHOLE_SPACE    0x00000080u /**< 32 << 2; as a receive window also takes I/O flexpages */
#define L4_FP_CACHE_MASK     0x00000e00u /**< bits 9..11; with bit 9 clear the option is not given */
#define L4_FP_CACHE_UNCACHED 0x00000200u
#define L4_FP_CACHE_CACHED   0x00000600u
#define L4_FP_CACHE_BUFFERED 0x00000a00u

/* I/O ports: bits 28..31 all ones, bits 8..11 and 1 zero, size log2 0..16, first port in bits 12..27.
 * No user address is that high, so the two kinds cannot be confused. */
#define L4_FP_IO_TAG        0xf0000000u
#define L4_FP_IO_TAG_MASK   0xf0000f00u
#define L4_FP_IO_PORT_SHIFT 12u
#define L4_FP_IO_PORT_MASK  0x0ffff000u
#define L4_FP_IO_SIZE_MAX   16u
#define L4_FP_IO_WHOLE      0xf0000040u /**< all 65536 ports; what a cli or sti fault asks for */

/* Unmap mask (ECX). */
#define L4_UNMAP_RESET      0x00000001u /**< clear the referenced and dirty bits after reading them */
#define L4_FP_FLUSH         0x00000002u /**< remove; without it: downgrade to read-only */
#define L4_UNMAP_TASK_SHIFT 8u
#define L4_UNMAP_TASK_MASK  0x0007ff00u /**< only mappings in this task; 0 = in every task */
#define L4_FP_ALL_SPACES    0x80000000u /**< the caller's own mapping too */
#define L4_FP_OTHER_SPACES  0x00000000u

/* Status (EAX out): the or over all mappings that were visited.  The bits of an IA-32 page-table
 * entry. */
#define L4_FP_REFERENCED 0x00000020u
#define L4_FP_DIRTY      0x00000040u

L4_ABI_INLINE l4_word_t l4_fpage(l4_word_t address, l4_word_t size_log2, l4_word_t options) {
    return (address & L4_FP_PAGE_MASK) | ((size_log2 << L4_FP_SIZE_SHIFT) & L4_FP_SIZE_MASK) | options;
}

L4_ABI_INLINE l4_word_t l4_io_fpage(l4_word_t port, l4_word_t size_log2, l4_word_t options) {
    return L4_FP_IO_TAG | ((port << L4_FP_IO_PORT_SHIFT) & L4_FP_IO_PORT_MASK) |
           ((size_log2 << L4_FP_SIZE_SHIFT) & L4_FP_SIZE_MASK) | options;
}

L4_ABI_INLINE l4_word_t l4_fpage_size(l4_word_t fpage) {
    return (fpage & L4_FP_SIZE_MASK) >> L4_FP_SIZE_SHIFT;
}

L4_ABI_INLINE int l4_fpage_is_io(l4_word_t fpage) { return (fpage & L4_FP_IO_TAG_MASK) == L4_FP_IO_TAG; }

L4_ABI_INLINE l4_word_t l4_unmap_in_task(l4_word_t task) {
    return (task << L4_UNMAP_TASK_SHIFT) & L4_UNMAP_TASK_MASK;
}
