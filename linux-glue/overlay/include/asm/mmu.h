/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_MMU_H
#define _ASM_L4_MMU_H

#include <linux/types.h>

#define L4_CHANGED_MAX 32

struct task_struct;

typedef struct {
    unsigned int task;         /* the L4 task that caches this address space; 0: none yet */
    struct list_head in_tasks; /* those with a task (mm/context.c) */
    bool window;               /* its thread waits for the answer to a page fault: a mapping may go with it */
    bool changed_all;          /* more entries than fit have changed */
    unsigned int changed_count;
    unsigned long changed[L4_CHANGED_MAX]; /* frames of entries that have changed (mm/tlb.c) */
    struct task_struct* owner;             /* whose TLS and FPU registers its thread has */
    void* vdso;                            /* the image, in the program; NULL: none */
} mm_context_t;
#endif
