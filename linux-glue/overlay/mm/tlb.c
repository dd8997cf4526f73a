// SPDX-License-Identifier: GPL-2.0-only
// The mappings of a task are its TLB. Changed entries of page tables wait in a list of the mm until the flush
// that Linux owes them; when the list is full, or with `l4_flush=all`, the whole space loses its mappings.
#include <asm/l4.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "check.h"
#include "mm.h"

/* To find out whether something goes wrong for want of an unmap. */
static bool flush_all __ro_after_init;

static int __init set_flush(char* text) {
    flush_all = text && !strcmp(text, "all");
    return flush_all ? 0 : -EINVAL;
}
early_param("l4_flush", set_flush);

void l4_pte_changes(struct mm_struct* mm, pte_t old, pte_t new) {
    mm_context_t* c = &mm->context;
    const unsigned long lost = pte_val(old) & ~pte_val(new);
    if (!c->task) return;
    if (pte_pfn(old) == pte_pfn(new) && !(lost & ~PAGE_MASK)) return;
    if (c->changed_count < L4_CHANGED_MAX)
        c->changed[c->changed_count++] = pte_pfn(old);
    else
        c->changed_all = true;
}

static void take(unsigned int task, l4_word_t frames) {
    if (unlikely(l4_check_on) && !l4_check_taken(task, frames)) return;
    l4_fpage_unmap(frames, L4_FP_FLUSH | l4_unmap_in_task(task));
}

static void drain(struct mm_struct* mm) {
    mm_context_t* c = &mm->context;
    unsigned int i;
    if (c->task && (c->changed_all || flush_all))
        take(c->task, L4_FP_WHOLE_SPACE);
    else if (c->task)
        for (i = 0; i < c->changed_count; i++)
            take(c->task, l4_fpage(PFN_PHYS(c->changed[i]), PAGE_SHIFT, 0));
    c->changed_count = 0;
    c->changed_all = false;
    if (unlikely(l4_check_on)) l4_check(mm);
}

void flush_tlb_mm(struct mm_struct* mm) { drain(mm); }
void flush_tlb_range(struct vm_area_struct* vma, unsigned long start, unsigned long end) {
    drain(vma->vm_mm);
}
void flush_tlb_page(struct vm_area_struct* vma, unsigned long address) { drain(vma->vm_mm); }

/* Of the server: the aliases at vmalloc addresses. The keeper makes them again where they are touched. Linux
 * also asks for the addresses of the pages behind an alias (vm_reset_perms), which are the server's memory.
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end) {
    start = max(start & PAGE_MASK, VMALLOC_START);
    end = end < VMALLOC_END ? PAGE_ALIGN(end) : VMALLOC_END;
    while (start < end) {
        const unsigned int log2 = l4_block_log2(start, end - start, L4_SUPERPAGE_SHIFT);
        l4_fpage_unmap(l4_fpage(start, log2, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
        start += 1UL << log2;
    }
}

void flush_tlb_all(void) { flush_tlb_kernel_range(VMALLOC_START, VMALLOC_END); }
