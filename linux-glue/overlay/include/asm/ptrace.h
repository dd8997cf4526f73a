/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PTRACE_H
#define _ASM_L4_PTRACE_H

#include <asm/segment.h>
#include <uapi/asm/ptrace.h>

#ifndef __ASSEMBLY__
/* In the order of i386's user_regs_struct, so that core dumps and PTRACE_GETREGS are plain copies. */
struct pt_regs {
    unsigned long bx, cx, dx, si, di, bp, ax;
    unsigned long ds, es, fs, gs;
    unsigned long orig_ax;
    unsigned long ip, cs, flags, sp, ss;
};

#define user_mode(regs)           ((regs)->cs & 3)
#define instruction_pointer(regs) ((regs)->ip)
#define user_stack_pointer(regs)  ((regs)->sp)
#define profile_pc(regs)          ((regs)->ip)
#define frame_pointer(regs)       ((regs)->bp)

static inline unsigned long kernel_stack_pointer(struct pt_regs* regs) { return regs->sp; }
static inline long regs_return_value(struct pt_regs* regs) { return regs->ax; }
static inline void instruction_pointer_set(struct pt_regs* regs, unsigned long v) { regs->ip = v; }
static inline bool regs_irqs_disabled(struct pt_regs* regs) { return false; }

#define arch_has_single_step() 1
#define ARCH_HAS_USER_SINGLE_STEP_REPORT
#define current_pt_regs() task_pt_regs(current)
#endif
#endif
