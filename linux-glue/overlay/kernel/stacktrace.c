// SPDX-License-Identifier: GPL-2.0-only
// Stacks, by what looks like a return address: there are no frame pointers.
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>

void show_stack(struct task_struct* tsk, unsigned long* sp, const char* loglvl) {
    unsigned long* end;
    if (!tsk) tsk = current;
    if (!sp) sp = tsk == current ? (unsigned long*)&end : (unsigned long*)tsk->thread.sp;
    /* An interrupt thread is on a stack that is nobody's: two pages of it are enough. */
    end = (unsigned long*)(((unsigned long)sp & ~(THREAD_SIZE - 1)) + THREAD_SIZE);
    if (!virt_addr_valid(sp)) return;
    printk("%sCall Trace (by scan):\n", loglvl);
    for (; sp < end; sp++)
        if (__kernel_text_address(*sp)) printk("%s [<%08lx>] %pS\n", loglvl, *sp, (void*)*sp);
}
