/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PROCESSOR_H
#define _ASM_L4_PROCESSOR_H

#include <asm/cpufeatures.h>
#include <asm/desc_defs.h>
#include <asm/page.h>
#include <asm/ptrace.h>
#include <asm/user.h>
#include <linux/types.h>

/* Below the UTCB area, on a border of 4 MiB. */
#define TASK_SIZE          0xbf800000UL
#define TASK_UNMAPPED_BASE PAGE_ALIGN(TASK_SIZE / 3)
#define STACK_TOP          TASK_SIZE
#define STACK_TOP_MAX      STACK_TOP

struct task_struct;

/* What headers of arch/x86 look at. */
struct cpuinfo_x86 {
    __u32 x86_capability[NCAPINTS + NBUGINTS];
    __u8 x86, x86_vendor, x86_model;
    unsigned long loops_per_jiffy;
};
extern struct cpuinfo_x86 boot_cpu_data;

/* kernel/sysctl.c wants it of every 32-bit x86. */
extern unsigned int vdso32_enabled;

struct thread_struct {
    unsigned long sp; /* kernel stack pointer while it does not run (kernel/entry.S) */
    struct desc_struct tls_array[GDT_ENTRY_TLS_ENTRIES];
    unsigned long fault_addr; /* of the last page fault that was a signal, whatever came since */
    unsigned long error_code, trap_nr;
    unsigned long map_at; /* the next answer maps this address, whose bit 0 is set; 0: nothing */
    bool tls_changed;     /* the L4 thread does not have tls_array yet */
    bool fpu_used;        /* false: FPU registers are those of a new thread (user/fpu.c) */
    bool fpu_changed;     /* the L4 thread, whose owner this is, does not have them yet */
    struct user_fxsr_struct fpu __attribute__((aligned(16)));
};
#define INIT_THREAD \
    {}

#define task_pt_regs(tsk) ((struct pt_regs*)((unsigned long)task_stack_page(tsk) + THREAD_SIZE) - 1)
#define KSTK_EIP(tsk)     (task_pt_regs(tsk)->ip)
#define KSTK_ESP(tsk)     (task_pt_regs(tsk)->sp)

void start_thread(struct pt_regs* regs, unsigned long ip, unsigned long sp);
unsigned long __get_wchan(struct task_struct* tsk);

#include <asm/vdso/processor.h>
#include <linux/prefetch.h>
#endif
