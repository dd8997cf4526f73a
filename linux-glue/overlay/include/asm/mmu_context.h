/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_MMU_CONTEXT_H
#define _ASM_L4_MMU_CONTEXT_H

#include <linux/mm_types.h>

#define init_new_context init_new_context
int init_new_context(struct task_struct* tsk, struct mm_struct* mm);
#define destroy_context destroy_context
void destroy_context(struct mm_struct* mm);

/* No task of L4 is entered here: kernel/user code picks it when it returns to user mode. */
static inline void switch_mm(struct mm_struct* prev, struct mm_struct* next, struct task_struct* tsk) {}

/* The thread leaves the mm: another one at the same address must not pass for it. */
#define deactivate_mm(tsk, mm)                                                \
    do {                                                                      \
        if ((mm) && (mm)->context.owner == (tsk)) (mm)->context.owner = NULL; \
    } while (0)

static inline int arch_dup_mmap(struct mm_struct* oldmm, struct mm_struct* mm) { return 0; }
/* The L4 task goes first: what is unmapped later needs no flush. */
void arch_exit_mmap(struct mm_struct* mm);
static inline void arch_unmap(struct mm_struct* mm, unsigned long start, unsigned long end) {}
static inline bool arch_vma_access_permitted(struct vm_area_struct* vma, bool write, bool execute,
                                             bool foreign) {
    return true;
}

#include <asm-generic/mmu_context.h>
#endif
