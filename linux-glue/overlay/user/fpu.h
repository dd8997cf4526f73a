/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU registers of programs. */
#ifndef L4_FPU_H
#define L4_FPU_H
#include <asm/l4.h>
#include <linux/regset.h>
#include <linux/sched.h>

struct _fpstate_32;

/* Whoever gives an L4 thread another owner, or to its owner what has changed, gives what load() says, and
 * FPU_GET if there was an owner whose registers it has, to ex_regs, and calls store() for that one. */
l4_word_t l4_fpu_load(const struct task_struct* tsk);
void l4_fpu_store(struct task_struct* tsk);

/* What the thread has in its L4 thread, if any, is in its task_struct, too. */
void l4_fpu_get(struct task_struct* tsk);

/* Puts current's registers into a signal frame, and it goes on with a new thread's. 0, or -EFAULT and nothing
 * has changed. */
int l4_fpu_to_frame(struct _fpstate_32 __user* at);
/* And back; no address: those of a new thread. -EFAULT: those it has then, too. */
int l4_fpu_from_frame(const struct _fpstate_32 __user* at);

/* The si_code that current's exception 16 or 19 means; 0: it means nothing. */
int l4_fpu_error(unsigned int trap);

/* Register sets, in the forms of fnsave and fxsave. */
user_regset_get2_fn l4_fpregs_get, l4_fxregs_get;
user_regset_set_fn l4_fpregs_set, l4_fxregs_set;
#endif
