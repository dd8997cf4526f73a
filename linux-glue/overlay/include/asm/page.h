/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PAGE_H
#define _ASM_L4_PAGE_H

#include <linux/const.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/* Linux sees its memory one to one: a "physical" address is where the server has the page. */
#define PAGE_OFFSET 0UL

/* Where the image begins, and the memory with it. */
#define L4_IMAGE_START  _AC(0x00400000, UL)
#define ARCH_PFN_OFFSET (L4_IMAGE_START >> PAGE_SHIFT)

#ifndef __ASSEMBLY__
#include <linux/string.h>
#include <linux/types.h>

typedef struct {
    unsigned long pte;
} pte_t;
typedef struct {
    unsigned long pgd;
} pgd_t;
typedef struct {
    unsigned long pgprot;
} pgprot_t;
typedef struct page* pgtable_t;

#define pte_val(x)    ((x).pte)
#define pgd_val(x)    ((x).pgd)
#define pgprot_val(x) ((x).pgprot)
#define __pte(x)      ((pte_t){(x)})
#define __pgd(x)      ((pgd_t){(x)})
#define __pgprot(x)   ((pgprot_t){(x)})

#define clear_page(page)                    memset((page), 0, PAGE_SIZE)
#define copy_page(to, from)                 memcpy((to), (from), PAGE_SIZE)
#define clear_user_page(page, vaddr, pg)    clear_page(page)
#define copy_user_page(to, from, vaddr, pg) copy_page(to, from)

#define __pa(x)             ((unsigned long)(x))
#define __va(x)             ((void*)(unsigned long)(x))
#define virt_to_pfn(kaddr)  (__pa(kaddr) >> PAGE_SHIFT)
#define pfn_to_virt(pfn)    __va((pfn) << PAGE_SHIFT)
#define virt_to_page(kaddr) pfn_to_page(virt_to_pfn(kaddr))
#define page_to_virt(page)  __va(page_to_pfn(page) << PAGE_SHIFT)

/* What a device is told: where the machine has it. With virt_to_phys() and what they give this is the
 * only place where "physical" means the machine's (mm/machine.c). */
phys_addr_t l4_machine_address(unsigned long address);
#define page_to_phys(page) l4_machine_address(page_to_pfn(page) << PAGE_SHIFT)

/* The server's memory: first and end page frame (kernel/setup.c). */
extern unsigned long l4_first_pfn, l4_end_pfn;
#define pfn_valid(pfn)         ((pfn) >= l4_first_pfn && (pfn) < l4_end_pfn)
#define virt_addr_valid(kaddr) pfn_valid(virt_to_pfn(kaddr))

#define VM_DATA_DEFAULT_FLAGS VM_DATA_FLAGS_TSK_EXEC

#include <asm-generic/getorder.h>
#include <asm-generic/memory_model.h>
#endif
#endif
