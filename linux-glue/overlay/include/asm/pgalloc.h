/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PGALLOC_H
#define _ASM_L4_PGALLOC_H

#include <linux/mm.h>

#include <asm-generic/pgalloc.h>

#define pmd_populate_kernel(mm, pmd, pte) set_pmd(pmd, __pmd(_PAGE_TABLE | __pa(pte)))
#define pmd_populate(mm, pmd, pte)        set_pmd(pmd, __pmd(_PAGE_TABLE | (page_to_pfn(pte) << PAGE_SHIFT)))

static inline pgd_t* pgd_alloc(struct mm_struct* mm) { return (pgd_t*)get_zeroed_page(GFP_KERNEL_ACCOUNT); }

#define __pte_free_tlb(tlb, pte, a)    \
    do {                               \
        pgtable_pte_page_dtor(pte);    \
        tlb_remove_page((tlb), (pte)); \
    } while (0)
#endif
