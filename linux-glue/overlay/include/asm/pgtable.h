/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PGTABLE_H
#define _ASM_L4_PGTABLE_H

/* Software page tables with the bits of IA-32. No processor looks at them: user pages reach a task as L4
 * mappings that mm/fault.c makes from them, and mm/tlb.c takes away. */
#include <asm/page.h>

#include <asm-generic/pgtable-nopmd.h>

#define PGDIR_SHIFT       22
#define PGDIR_SIZE        (1UL << PGDIR_SHIFT)
#define PGDIR_MASK        (~(PGDIR_SIZE - 1))
#define PTRS_PER_PTE      1024
#define PTRS_PER_PGD      1024
#define USER_PTRS_PER_PGD (TASK_SIZE / PGDIR_SIZE)

#define VMALLOC_START 0x80000000UL
#define VMALLOC_END   0x90000000UL

#define _PAGE_PRESENT       0x001
#define _PAGE_RW            0x002
#define _PAGE_USER          0x004
#define _PAGE_ACCESSED      0x020
#define _PAGE_DIRTY         0x040
#define _PAGE_SWP_EXCLUSIVE 0x080
#define _PAGE_PROTNONE      0x100
#define _PAGE_MAPPED        0x200 /* the task has been given it (mm/fault.c); a hint */
#define __HAVE_ARCH_PTE_SWP_EXCLUSIVE
#define _PAGE_CHG_MASK (PAGE_MASK | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_PLAIN    (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

#define PAGE_NONE     __pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_SHARED   __pgprot(_PAGE_PLAIN | _PAGE_RW)
#define PAGE_READONLY __pgprot(_PAGE_PLAIN)
#define PAGE_COPY     __pgprot(_PAGE_PLAIN)
#define PAGE_KERNEL   __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_DIRTY | _PAGE_ACCESSED)

#ifndef __ASSEMBLY__
extern pgd_t swapper_pg_dir[PTRS_PER_PGD];
extern unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)];
#define ZERO_PAGE(vaddr) virt_to_page(empty_zero_page)

#define pte_ERROR(e) pr_err("bad pte %08lx\n", pte_val(e))
#define pgd_ERROR(e) pr_err("bad pgd %08lx\n", pgd_val(e))

static inline int pte_none(pte_t p) { return !pte_val(p); }
static inline int pte_present(pte_t p) { return pte_val(p) & (_PAGE_PRESENT | _PAGE_PROTNONE); }
/* Programs may use it: not so a PROT_NONE page. */
static inline int pte_user(pte_t p) {
    return (pte_val(p) & (_PAGE_PRESENT | _PAGE_USER)) == (_PAGE_PRESENT | _PAGE_USER);
}
static inline int pte_write(pte_t p) { return pte_val(p) & _PAGE_RW; }
static inline int pte_dirty(pte_t p) { return pte_val(p) & _PAGE_DIRTY; }
static inline int pte_young(pte_t p) { return pte_val(p) & _PAGE_ACCESSED; }
static inline pte_t pte_wrprotect(pte_t p) { return __pte(pte_val(p) & ~_PAGE_RW); }
static inline pte_t pte_mkclean(pte_t p) { return __pte(pte_val(p) & ~_PAGE_DIRTY); }
static inline pte_t pte_mkold(pte_t p) { return __pte(pte_val(p) & ~_PAGE_ACCESSED); }
static inline pte_t pte_mkwrite(pte_t p) { return __pte(pte_val(p) | _PAGE_RW); }
static inline pte_t pte_mkdirty(pte_t p) { return __pte(pte_val(p) | _PAGE_DIRTY); }
static inline pte_t pte_mkyoung(pte_t p) { return __pte(pte_val(p) | _PAGE_ACCESSED); }
static inline int pte_swp_exclusive(pte_t p) { return pte_val(p) & _PAGE_SWP_EXCLUSIVE; }
static inline pte_t pte_swp_mkexclusive(pte_t p) { return __pte(pte_val(p) | _PAGE_SWP_EXCLUSIVE); }
static inline pte_t pte_swp_clear_exclusive(pte_t p) { return __pte(pte_val(p) & ~_PAGE_SWP_EXCLUSIVE); }
static inline pte_t pte_modify(pte_t p, pgprot_t prot) {
    return __pte((pte_val(p) & _PAGE_CHG_MASK) | pgprot_val(prot));
}

/* Before an entry that a program may use is replaced or loses rights; Linux flushes afterwards (mm/tlb.c). */
struct mm_struct;
struct vm_area_struct;
void l4_pte_changes(struct mm_struct* mm, pte_t old, pte_t new);

#define set_pte(ptep, v) (*(ptep) = (v))
static inline void set_pte_at(struct mm_struct* mm, unsigned long address, pte_t* ptep, pte_t v) {
    if (pte_user(*ptep)) l4_pte_changes(mm, *ptep, v);
    set_pte(ptep, pte_present(v) ? __pte(pte_val(v) & ~_PAGE_MAPPED) : v);
}
#define set_pte_at                   set_pte_at
#define pte_clear(mm, address, ptep) set_pte_at(mm, address, ptep, __pte(0))

#define __HAVE_ARCH_PTEP_GET_AND_CLEAR
static inline pte_t ptep_get_and_clear(struct mm_struct* mm, unsigned long address, pte_t* ptep) {
    const pte_t old = *ptep;
    set_pte_at(mm, address, ptep, __pte(0));
    return old;
}

#define pte_pfn(p)         (pte_val(p) >> PAGE_SHIFT)
#define pte_page(p)        pfn_to_page(pte_pfn(p))
#define pfn_pte(pfn, prot) __pte(((unsigned long)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), prot)

#define _PAGE_TABLE       (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define pmd_none(p)       (!pmd_val(p))
#define pmd_bad(p)        ((pmd_val(p) & ~PAGE_MASK) != _PAGE_TABLE)
#define pmd_present(p)    (pmd_val(p) & _PAGE_PRESENT)
#define pmd_clear(pmdp)   (*(pmdp) = __pmd(0))
#define set_pmd(pmdp, v)  (*(pmdp) = (v))
#define pmd_page_vaddr(p) ((unsigned long)__va(pmd_val(p) & PAGE_MASK))
#define pmd_page(p)       pfn_to_page(pmd_val(p) >> PAGE_SHIFT)
#define pmd_pfn(p)        (pmd_val(p) >> PAGE_SHIFT)

#define update_mmu_cache(vma, a, ptep) \
    do {                               \
    } while (0)

/* A swap entry: bit 0 (present) and 8 (PROT_NONE) clear, 7 is "exclusive"; type 1-5, offset from 9 on. */
#define __swp_type(x)         (((x).val >> 1) & 0x1f)
#define __swp_offset(x)       ((x).val >> 9)
#define __swp_entry(t, o)     ((swp_entry_t){((t) << 1) | ((o) << 9)})
#define __pte_to_swp_entry(p) ((swp_entry_t){pte_val(p)})
#define __swp_entry_to_pte(x) __pte((x).val)

#define kern_addr_valid(a) 1
#endif
#endif
