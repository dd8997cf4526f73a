/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs: where they run, and what brings them back. */
#ifndef L4_USER_H
#define L4_USER_H
#include <asm/l4.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

struct user_desc;

/* The program that runs now; `on` is false while the server does. One at a time: all others wait for the
 * answer to their last message. */
struct l4_running {
    bool on;
    unsigned int task;
};
extern struct l4_running l4_running;

void l4_user_init(void);

/* Goes to user mode and serves what the program does, for ever. */
void __noreturn l4_user_loop(void);

/* If a program runs and there is something to do before it goes on, or `always`, it comes back at once: by an
 * exception of its own, which cancels nothing. */
void l4_force_entry(bool always);
extern unsigned long l4_forced_entries; /* so far */

/* A task for the mm, with one thread that waits for the answer to its first exception. */
void l4_ready_task(struct mm_struct* mm);

/* Kernel memory for this one: that of the task that has not run for the longest time. False: there is no
 * other. */
bool l4_end_coldest(struct mm_struct* but);

/* vdso/map.c: what a handler of current's returns to; 0: it has no vDSO. */
unsigned long l4_vdso_sigreturn(void);
unsigned long l4_vdso_rt_sigreturn(void);

/* user/traps.c: what an exception of the program means. */
void l4_trap(struct pt_regs* regs, const l4_utcb_state_t* state);

/* kernel/irq.c: the time limit of current's program has come. */
void l4_time_fault(struct pt_regs* regs);

/* mm/fault.c */
void l4_user_fault(struct pt_regs* regs, unsigned long address, unsigned int error);

/* The page at an address, as the program may use it now; 0: not at all. */
l4_word_t l4_user_fpage(struct mm_struct* mm, unsigned long address);

/* Pages around one that l4_user_fpage() has given, which the task has not been given: pairs of an address and
 * a flexpage. How many pairs there are. */
#define L4_PAGES_AROUND 8
unsigned int l4_user_fpages_around(struct mm_struct* mm, unsigned long address, l4_word_t* pairs);

/* user/tls.c: descriptors GDT_ENTRY_TLS_MIN to _MAX. `index` -1: the one in the descriptor. */
struct user_desc l4_get_tls(struct task_struct* tsk, unsigned int index);
bool l4_may_set_descriptor(const struct user_desc* d);
void l4_set_descriptor(struct task_struct* tsk, int index, const struct user_desc* d);
int l4_set_tls(struct task_struct* tsk, int index, struct user_desc __user* from, bool may_choose);
#endif
