// SPDX-License-Identifier: GPL-2.0-only
// The L4 task of an mm is a cache of its page tables: made when a thread of the mm goes to user mode, gone
// with the mm, or when another one needs the number more.
#include <asm/l4.h>
#include <asm/mmu_context.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/sched.h>

#include "../user/fpu.h"
#include "../user/user.h"
#include "check.h"
#include "l4/roottask/client.h"

static LIST_HEAD(tasks); /* contexts with a task; the one that ran last is last */

int init_new_context(struct task_struct* tsk, struct mm_struct* mm) {
    void* vdso = mm->context.vdso; /* a parent's, or none */
    memset(&mm->context, 0, sizeof(mm->context));
    mm->context.vdso = vdso;
    INIT_LIST_HEAD(&mm->context.in_tasks);
    return 0;
}

/* The context has no task any more; its number. */
static unsigned int take_task(mm_context_t* c) {
    const unsigned int task = c->task;
    c->task = 0;
    c->owner = NULL;
    c->window = false;
    c->changed_count = 0;
    c->changed_all = false;
    list_del_init(&c->in_tasks);
    if (unlikely(l4_check_on)) l4_check_gone(task);
    return task;
}

static void end_task(mm_context_t* c) {
    if (c->task) l4_root_task_free(take_task(c));
}

/* The context whose task has not run for the longest time; its owner keeps the FPU registers. */
static mm_context_t* coldest(void) {
    mm_context_t* c = list_first_entry_or_null(&tasks, mm_context_t, in_tasks);
    if (c && c->owner) l4_fpu_get(c->owner);
    return c;
}

void arch_exit_mmap(struct mm_struct* mm) {
    if (unlikely(l4_check_on) && !mm_tlb_flush_pending(mm)) l4_check(mm);
    end_task(&mm->context);
}

void destroy_context(struct mm_struct* mm) { end_task(&mm->context); }

/* A number of the root task's, or that of the task that has not run for the longest time. */
static unsigned int new_number(void) {
    l4_word_t task;
    mm_context_t* c;
    if (l4_root_task_alloc(&task) == L4_ROOT_OK) return task;
    c = coldest();
    if (!c) panic("the root task gives no task number: tasks=");
    return take_task(c);
}

static bool create(unsigned int task) {
    const l4_word_t how = l4_task_new_create(0, 0) | L4_TASK_NEW_ALIEN | L4_TASK_NEW_RAISE_EXCEPTION;
    const l4_threadid_t thread = l4_task_create(task, how, 0, 0, l4_server(L4_LINUX)).task;
    return thread.low != L4_NIL_LOW && l4_ipc_error(l4_ipc_receive(thread, 0, L4_TIMEOUT_NEVER)) == L4_IPC_OK;
}

bool l4_end_coldest(struct mm_struct* but) {
    mm_context_t* c = coldest();
    if (!c || c == &but->context) return false;
    end_task(c);
    return true;
}

void l4_ready_task(struct mm_struct* mm) {
    mm_context_t* c = &mm->context;
    if (!c->task) {
        const unsigned int task = new_number();
        /* Out of kernel memory: others give theirs. */
        while (!create(task)) {
            mm_context_t* other = coldest();
            if (!other) panic("no kernel memory for a task: kmem=");
            end_task(other);
        }
        c->task = task;
    }
    list_move_tail(&c->in_tasks, &tasks);
}
