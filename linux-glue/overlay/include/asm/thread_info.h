/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_THREAD_INFO_H
#define _ASM_L4_THREAD_INFO_H

#include <asm/page.h>

#define THREAD_SIZE_ORDER 1
#define THREAD_SIZE       (PAGE_SIZE << THREAD_SIZE_ORDER)

#ifndef __ASSEMBLY__
struct thread_info {
    unsigned long flags;
    unsigned long syscall_work;
    int preempt_count;
    unsigned int cpu;
};
#define INIT_THREAD_INFO(tsk) \
    { .flags = 0, .preempt_count = INIT_PREEMPT_COUNT }
#endif

#define TIF_NOTIFY_RESUME   1
#define TIF_SIGPENDING      2
#define TIF_NEED_RESCHED    3
#define TIF_SINGLESTEP      4
#define TIF_FORCED_TF       5 /* EFLAGS' trap flag is the debugger's, not the program's */
#define TIF_UPROBE          12
#define TIF_PATCH_PENDING   13
#define TIF_NOTIFY_SIGNAL   17
#define TIF_MEMDIE          20
#define TIF_RESTORE_SIGMASK 21

#define _TIF_NOTIFY_RESUME (1 << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING    (1 << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED  (1 << TIF_NEED_RESCHED)
#define _TIF_SINGLESTEP    (1 << TIF_SINGLESTEP)
#define _TIF_UPROBE        (1 << TIF_UPROBE)
#define _TIF_PATCH_PENDING (1 << TIF_PATCH_PENDING)
#define _TIF_NOTIFY_SIGNAL (1 << TIF_NOTIFY_SIGNAL)
#endif
