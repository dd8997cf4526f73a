// SPDX-License-Identifier: GPL-2.0-only
// Threads of Linux: how they begin, and where they come out.
#include <asm/l4.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <linux/entry-common.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>

#include "../user/fpu.h"
#include "../user/user.h"

void ret_from_fork(void);

/* What __switch_to finds on the stack of a thread that has not run yet. */
struct first_frame {
    unsigned long di, si, bx, bp, ip;
};

int copy_thread(struct task_struct* tsk, const struct kernel_clone_args* args) {
    struct pt_regs* regs = task_pt_regs(tsk);
    struct first_frame* frame = (struct first_frame*)regs - 1;
    *frame = (struct first_frame){.ip = (unsigned long)ret_from_fork};
    tsk->thread.sp = (unsigned long)frame;
    if (args->fn) {
        tsk->thread.fpu_used = false;
        memset(regs, 0, sizeof(*regs));
        frame->bx = (unsigned long)args->fn;
        frame->di = (unsigned long)args->fn_arg;
        return 0;
    }
    *regs = *current_pt_regs();
    l4_fpu_get(current);
    tsk->thread.fpu_used = current->thread.fpu_used;
    if (current->thread.fpu_used) tsk->thread.fpu = current->thread.fpu;
    regs->ax = 0;
    if (args->stack) regs->sp = args->stack;
    return args->flags & CLONE_SETTLS ? l4_set_tls(tsk, -1, (struct user_desc __user*)args->tls, false) : 0;
}

/* A new thread's first steps: its function, if it is the kernel's; then it is a program's. */
void __noreturn l4_first_run(struct task_struct* prev, int (*fn)(void*), void* arg);
void __noreturn l4_first_run(struct task_struct* prev, int (*fn)(void*), void* arg) {
    schedule_tail(prev);
    if (fn) fn(arg); /* comes back only after kernel_execve() */
    syscall_exit_to_user_mode(current_pt_regs());
    l4_user_loop();
}

void start_thread(struct pt_regs* regs, unsigned long ip, unsigned long sp) {
    regs->ds = regs->es = regs->ss = __USER_DS;
    regs->cs = __USER_CS;
    regs->fs = regs->gs = 0;
    regs->ip = ip;
    regs->sp = sp;
    regs->flags = 0x202;
}

void flush_thread(void) {
    memset(current->thread.tls_array, 0, sizeof(current->thread.tls_array));
    current->thread.tls_changed = true;
    current->thread.map_at = 0;
    current->thread.fpu_used = false; /* the new address space has no owner */
}

/* The first function outside the scheduler that a thread waits in. */
unsigned long __get_wchan(struct task_struct* tsk) {
    const unsigned long* sp = (unsigned long*)tsk->thread.sp;
    const unsigned long* end = (unsigned long*)task_pt_regs(tsk);
    for (; sp < end; sp++)
        if (__kernel_text_address(*sp) && !in_sched_functions(*sp)) return *sp;
    return 0;
}
