/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of programs, as the server looks at them. */
#ifndef L4_MM_H
#define L4_MM_H
#include <asm/l4.h>
#include <asm/pgtable.h>
#include <linux/mm.h>

/* The entry for an address; NULL: there is no table. */
static inline pte_t* l4_find_pte(struct mm_struct* mm, unsigned long address) {
    const pgd_t pgd = mm->pgd[address >> PGDIR_SHIFT];
    if (!(pgd_val(pgd) & _PAGE_PRESENT)) return NULL;
    return (pte_t*)__va(pgd_val(pgd) & PAGE_MASK) + (address >> PAGE_SHIFT) % PTRS_PER_PTE;
}

/* A flexpage for what an entry allows a program now; 0: nothing. Only what has been written may be written
 * unseen. */
static inline l4_word_t l4_pte_fpage(pte_t pte) {
    if (!pte_user(pte) || !pte_young(pte)) return 0;
    return l4_fpage(pte_val(pte) & PAGE_MASK, PAGE_SHIFT, pte_write(pte) && pte_dirty(pte) ? L4_FP_WRITE : 0);
}

/* The page of current's at an address may be read, or written, now: its entry is marked so. If not, Linux is
 * asked for it, unless that would sleep where nobody may. False: it cannot be had. */
bool l4_get_page(unsigned long address, bool write);

/* The server's address of memory of current's, to be written at once; NULL: it cannot be had, or has no end
 * in the page that it begins in. */
void* l4_user_block(void __user* address, unsigned long size);
#endif
