// SPDX-License-Identifier: GPL-2.0-only
// The way to user mode and back: one IPC that answers the program's last message and waits for its next.
#include "user.h"

#include <asm/l4.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <linux/entry-common.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "fpu.h"

struct l4_running l4_running;

void __init l4_user_init(void) { l4_utcb_take_exceptions(L4_UTCB_DEBUG); }

unsigned long l4_forced_entries;

void l4_force_entry(bool always) {
    if (!READ_ONCE(l4_running.on)) return;
    if (!always && !(READ_ONCE(current_thread_info()->flags) & EXIT_TO_USER_MODE_WORK)) return;
    l4_forced_entries++;
    l4_lthread_ex_regs(
        l4_ex_regs_target(l4_running.task, 0) | L4_EX_REGS_RAISE_EXCEPTION | L4_EX_REGS_NO_CANCEL,
        l4_ex_regs_keep());
}

static void put_state(l4_utcb_state_t* s, const struct pt_regs* regs) {
    s->gs = regs->gs;
    s->fs = regs->fs;
    s->edi = regs->di;
    s->esi = regs->si;
    s->ebp = regs->bp;
    s->ebx = regs->bx;
    s->edx = regs->dx;
    s->ecx = regs->cx;
    s->eax = regs->ax;
    s->eip = regs->ip;
    s->eflags = regs->flags;
    s->esp = regs->sp;
}

/* The thread that waits for an answer has just these. */
static bool has_state(const l4_utcb_state_t* s, const struct pt_regs* regs) {
    return s->eip == regs->ip && s->esp == regs->sp && s->eflags == regs->flags && s->eax == regs->ax &&
           s->ecx == regs->cx && s->edx == regs->dx && s->ebx == regs->bx && s->esi == regs->si &&
           s->edi == regs->di && s->ebp == regs->bp && s->fs == regs->fs && s->gs == regs->gs;
}

static void get_state(struct pt_regs* regs, const l4_utcb_state_t* s) {
    regs->gs = s->gs;
    regs->fs = s->fs;
    regs->di = s->edi;
    regs->si = s->esi;
    regs->bp = s->ebp;
    regs->bx = s->ebx;
    regs->dx = s->edx;
    regs->cx = s->ecx;
    regs->ax = s->eax;
    regs->ip = s->eip;
    regs->flags = s->eflags;
    regs->sp = s->esp;
    regs->ds = regs->es = regs->ss = __USER_DS;
    regs->cs = __USER_CS;
}

/* The task's thread becomes current's, with TLS and FPU registers, as far as it is not: one system call,
 * which also tells those of the one before. */
static void take_thread(mm_context_t* c, l4_utcb_t* utcb) {
    struct thread_struct* t = &current->thread;
    struct task_struct* old = c->owner == current ? NULL : c->owner;
    const bool other = c->owner != current, has_old = old && !old->thread.fpu_changed;
    l4_word_t what = other || t->tls_changed ? L4_EX_REGS_TLS : 0;
    if (other || t->fpu_changed) what |= l4_fpu_load(current);
    if (!what) return;
    BUILD_BUG_ON(sizeof(utcb->tls) != sizeof(t->tls_array));
    if (what & L4_EX_REGS_TLS) memcpy(utcb->tls, t->tls_array, sizeof(utcb->tls));
    l4_lthread_ex_regs(
        l4_ex_regs_target(c->task, 0) | what | (has_old ? L4_EX_REGS_FPU_GET : 0) | L4_EX_REGS_NO_CANCEL,
        l4_ex_regs_keep());
    if (has_old) l4_fpu_store(old);
    c->owner = current;
    t->tls_changed = t->fpu_changed = false;
}

/* There was no kernel memory for the pages of an answer: the program has gone on without, and asks again. */
static bool no_memory(l4_ipc_result_t m) { return l4_ipc_error(m) == L4_IPC_SEMAPFAILED; }

/* Runs current's program until it has something to say: false if it could not run. Interrupts are off before
 * and after. `state` is what it said last; its registers are there after a page fault only. `short_of`:
 * kernel memory, which the last answer had too little of. */
static bool run(struct pt_regs* regs, l4_utcb_state_t* state, bool* short_of) {
    mm_context_t* c = &current->mm->context;
    l4_utcb_t* utcb = l4_utcb_of(L4_LINUX);
    l4_ipc_result_t m;
    l4_word_t page, at = current->thread.map_at;
    bool faulted, again;
    l4_ready_task(current->mm);
    faulted = c->window && c->owner == current && at && has_state(state, regs);
    take_thread(c, utcb);
    page = c->window && at ? l4_user_fpage(current->mm, at) : 0;
    if (page && faulted) {
        /* The registers are there: what would hold them has room for more pages. */
        if (!*short_of) utcb->map_count = l4_user_fpages_around(current->mm, at, (l4_word_t*)&utcb->state);
    } else {
        put_state(&utcb->state, regs);
        utcb->snd_size = L4_UTCB_STATE_WORDS;
    }
    current->thread.map_at = 0;

    l4_running.task = c->task;
    WRITE_ONCE(l4_running.on, true);
    raw_local_irq_enable();
    m = l4_ipc_call(l4_threadid(c->task, 0), page ? l4_snd_fpage() : 0, page ? at & PAGE_MASK : 0, page, 0,
                    L4_TIMEOUT_NEVER);
    again = no_memory(m);
    if (again) m = l4_ipc_receive(l4_threadid(c->task, 0), 0, L4_TIMEOUT_NEVER);
    raw_local_irq_disable();
    WRITE_ONCE(l4_running.on, false);

    utcb->snd_size = 0;
    utcb->map_count = 0;
    /* Once more with the one page; then when others have given theirs. */
    if (l4_ipc_error(m) != L4_IPC_OK || (again && *short_of && !l4_end_coldest(current->mm))) {
        pr_err("%s[%d]: task %u does not run: %x\n", current->comm, current->pid, c->task, m.dope);
        return false;
    }
    *short_of = again;
    get_state(regs, &utcb->state);
    c->window = utcb->state.trapno == 14;
    if (c->window) {
        *state = utcb->state;
    } else {
        state->trapno = utcb->state.trapno;
        state->err = utcb->state.err;
    }
    return true;
}

static void serve_syscall(struct pt_regs* regs) {
    unsigned long number;
    regs->ip += 2;
    regs->orig_ax = regs->ax;
    regs->ax = -ENOSYS;
    number = syscall_enter_from_user_mode(regs, regs->orig_ax);
    if (number < NR_syscalls) regs->ax = sys_call_table[number](regs);
    syscall_exit_to_user_mode(regs);
}

void __noreturn l4_user_loop(void) {
    struct pt_regs* regs = current_pt_regs();
    l4_utcb_state_t state = {};
    bool short_of = false;
    for (;;) {
        const bool ran = run(regs, &state, &short_of);
        if (ran && state.trapno == 13 && state.err == L4_EXC_ERR_INT80) {
            serve_syscall(regs);
            continue;
        }
        irqentry_enter_from_user_mode(regs);
        regs->orig_ax = -1;
        local_irq_enable();
        if (ran)
            l4_trap(regs, &state);
        else
            force_fatal_sig(SIGKILL);
        local_irq_disable();
        irqentry_exit_to_user_mode(regs);
    }
}
