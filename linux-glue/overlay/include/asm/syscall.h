/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_SYSCALL_H
#define _ASM_L4_SYSCALL_H

#include <asm/ptrace.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <uapi/linux/audit.h>

typedef long (*sys_call_ptr_t)(const struct pt_regs*);
extern const sys_call_ptr_t sys_call_table[];

static inline int syscall_get_nr(struct task_struct* tsk, struct pt_regs* regs) { return regs->orig_ax; }
static inline void syscall_rollback(struct task_struct* tsk, struct pt_regs* regs) {
    regs->ax = regs->orig_ax;
}
static inline long syscall_get_error(struct task_struct* tsk, struct pt_regs* regs) {
    return IS_ERR_VALUE(regs->ax) ? (long)regs->ax : 0;
}
static inline long syscall_get_return_value(struct task_struct* tsk, struct pt_regs* regs) {
    return regs->ax;
}
static inline void syscall_set_return_value(struct task_struct* tsk, struct pt_regs* regs, int error,
                                            long value) {
    regs->ax = error ? (long)error : value;
}
static inline void syscall_get_arguments(struct task_struct* tsk, struct pt_regs* regs, unsigned long* args) {
    memcpy(args, &regs->bx, 6 * sizeof(*args));
}
static inline int syscall_get_arch(struct task_struct* tsk) { return AUDIT_ARCH_I386; }
bool arch_syscall_is_vdso_sigreturn(struct pt_regs* regs);
#endif
