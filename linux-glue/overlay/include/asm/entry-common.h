/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_ENTRY_COMMON_H
#define _ASM_L4_ENTRY_COMMON_H

#include <linux/sched.h>
#include <linux/sched/task_stack.h>

/* Without interrupts on a stack of their own the server is always on a thread's stack. */
static inline bool on_thread_stack(void) { return true; }
#endif
