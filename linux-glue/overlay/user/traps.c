// SPDX-License-Identifier: GPL-2.0-only
// Exceptions of programs, and the signals that they mean.
#include <asm/l4.h>
#include <asm/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "fpu.h"
#include "user.h"

struct meaning {
    int signal, code;
};

/* By vector; what is not here is a SIGSEGV from the kernel, as IA-32's Linux has it. */
static const struct meaning meanings[] = {
    [0] = {SIGFPE, FPE_INTDIV},  [1] = {SIGTRAP, TRAP_TRACE}, [3] = {SIGTRAP, SI_KERNEL},
    [6] = {SIGILL, ILL_ILLOPN},  [11] = {SIGBUS, SI_KERNEL},  [12] = {SIGBUS, SI_KERNEL},
    [16] = {SIGFPE, FPE_FLTUNK}, [17] = {SIGBUS, BUS_ADRALN}, [19] = {SIGFPE, FPE_FLTUNK},
};

void l4_trap(struct pt_regs* regs, const l4_utcb_state_t* state) {
    struct meaning m = {SIGSEGV, SI_KERNEL};
    switch (state->trapno) {
        case L4_TRAP_TRIGGERED: return; /* what there is to do is done on the way out */
        case L4_TRAP_TIME: l4_time_fault(regs); return;
        case 14:
            current->thread.map_at = state->pfa | 1;
            l4_user_fault(regs, state->pfa, state->err);
            return;
    }
    if (state->trapno < ARRAY_SIZE(meanings) && meanings[state->trapno].signal) m = meanings[state->trapno];
    if (m.code == FPE_FLTUNK && m.signal == SIGFPE) {
        m.code = l4_fpu_error(state->trapno);
        if (!m.code) return; /* the program has changed the registers since */
    }
    current->thread.trap_nr = state->trapno;
    current->thread.error_code = state->err;
    if (m.code == SI_KERNEL)
        force_sig(m.signal);
    else
        force_sig_fault(m.signal, m.code, m.signal == SIGBUS ? NULL : (void __user*)regs->ip);
}
