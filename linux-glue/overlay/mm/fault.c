// SPDX-License-Identifier: GPL-2.0-only
// Page faults of programs: from page tables to flexpages.
#include <asm/l4.h>
#include <asm/pgtable.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "../user/user.h"
#include "check.h"
#include "mm.h"

/* What a processor would do at an access that the entry allows. */
static bool use_pte(pte_t* ptep, bool write) {
    if (!ptep || !pte_user(*ptep) || (write && !pte_write(*ptep))) return false;
    set_pte(ptep, pte_mkyoung(write ? pte_mkdirty(*ptep) : *ptep));
    return true;
}

static bool allowed(struct vm_area_struct* vma, bool write) {
    return vma->vm_flags & (write ? VM_WRITE : VM_READ | VM_WRITE | VM_EXEC);
}

/* The fault is not to be tried again. Linux's function for it wants registers. */
static bool gives_up(vm_fault_t fault, struct pt_regs* regs) {
    if (regs) return fault_signal_pending(fault, regs);
    return fault & VM_FAULT_RETRY && fatal_signal_pending(current);
}

/* 0, or the signal that the fault means. */
static int handle(struct pt_regs* regs, unsigned long address, bool write, int* code) {
    struct mm_struct* mm = current->mm;
    unsigned int flags = FAULT_FLAG_DEFAULT | (regs ? FAULT_FLAG_USER : 0) | (write ? FAULT_FLAG_WRITE : 0);
    *code = SEGV_MAPERR;
    if (!mm || address >= TASK_SIZE) return SIGSEGV;
    for (;;) {
        struct vm_area_struct* vma = lock_mm_and_find_vma(mm, address, regs);
        vm_fault_t fault;
        if (!vma) return SIGSEGV;
        if (!allowed(vma, write)) {
            mmap_read_unlock(mm);
            *code = SEGV_ACCERR;
            return SIGSEGV;
        }
        fault = handle_mm_fault(vma, address, flags, regs);
        if (gives_up(fault, regs)) return regs ? 0 : SIGKILL;
        if (fault & VM_FAULT_COMPLETED) return 0;
        if (fault & VM_FAULT_RETRY) {
            flags |= FAULT_FLAG_TRIED;
            continue;
        }
        mmap_read_unlock(mm);
        if (!(fault & VM_FAULT_ERROR)) return 0;
        *code = BUS_ADRERR;
        if (fault & VM_FAULT_OOM) {
            pagefault_out_of_memory();
            return 0;
        }
        return fault & VM_FAULT_SIGSEGV ? SIGSEGV : SIGBUS;
    }
}

/* As a processor tells it: was a page there, or is the address the kernel's? */
static unsigned int present_bit(unsigned long address) {
    const pte_t* ptep = address < TASK_SIZE ? l4_find_pte(current->mm, address) : NULL;
    return address >= TASK_SIZE || (ptep && pte_user(*ptep));
}

void l4_user_fault(struct pt_regs* regs, unsigned long address, unsigned int error) {
    const bool write = error & 2;
    int code, signal;
    if (address < TASK_SIZE && use_pte(l4_find_pte(current->mm, address), write)) return;
    signal = handle(regs, address, write, &code);
    if (!signal) {
        if (address < TASK_SIZE) use_pte(l4_find_pte(current->mm, address), write);
        return;
    }
    current->thread.fault_addr = address;
    current->thread.error_code = (error & ~1u) | 4 | present_bit(address);
    current->thread.trap_nr = 14;
    force_sig_fault(signal, code, (void __user*)address);
}

bool l4_get_page(unsigned long address, bool write) {
    struct mm_struct* mm = current->mm;
    int code;
    if (!mm || address >= TASK_SIZE) return false;
    for (;;) {
        if (use_pte(l4_find_pte(mm, address), write)) return true;
        if (faulthandler_disabled() || handle(NULL, address, write, &code)) return false;
    }
}

l4_word_t l4_user_fpage(struct mm_struct* mm, unsigned long address) {
    pte_t* ptep = address < TASK_SIZE ? l4_find_pte(mm, address) : NULL;
    const l4_word_t page = ptep ? l4_pte_fpage(*ptep) : 0;
    if (page) set_pte(ptep, __pte(pte_val(*ptep) | _PAGE_MAPPED));
    if (unlikely(l4_check_on) && page) l4_check_given(mm, (l4_word_t[]){address, page}, 1);
    return page;
}

/* Linux has filled in entries around it (do_fault_around), or a fork has taken all pages away. */
unsigned int l4_user_fpages_around(struct mm_struct* mm, unsigned long address, l4_word_t* pairs) {
    const unsigned long block = L4_PAGES_AROUND * PAGE_SIZE;
    unsigned long at = address & ~(block - 1); /* all in one table */
    pte_t* ptep = l4_find_pte(mm, at);
    unsigned int i, count = 0;
    for (i = 0; i < L4_PAGES_AROUND; i++, ptep++, at += PAGE_SIZE) {
        const l4_word_t page = pte_val(*ptep) & _PAGE_MAPPED ? 0 : l4_pte_fpage(*ptep);
        if (!page) continue;
        set_pte(ptep, __pte(pte_val(*ptep) | _PAGE_MAPPED));
        pairs[2 * count] = at;
        pairs[2 * count + 1] = page;
        count++;
    }
    if (unlikely(l4_check_on)) l4_check_given(mm, pairs, count);
    return count;
}
