// SPDX-License-Identifier: GPL-2.0-only
// Signal frames of i386, to the byte, as on a processor with fxsave and without xsave.
#include <linux/entry-common.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include <asm/sigframe.h>
#include <asm/sighandling.h>

#include "../mm/mm.h"
#include "fpu.h"
#include "user.h"

/* What a handler returns to when the program names nothing and has no vDSO: the call, and as many bytes as
 * the frame has.
 */
static const u8 sigreturn_code[8] = {0x58, 0xb8, __NR_sigreturn, 0, 0, 0, 0xcd, 0x80};
static const u8 rt_sigreturn_code[8] = {0xb8, __NR_rt_sigreturn, 0, 0, 0, 0xcd, 0x80, 0};

/* Where a handler's frame lies: below that of the FPU. ESP + 4 is a multiple of 16 where the handler begins,
 * as after a call. */
struct place {
    struct _fpstate_32 __user* fpu;
    void __user* frame;
};

#define BEFORE_OLD_PLACE offsetof(struct sigframe, fpstate_unused)
#define BEHIND_OLD_PLACE offsetof(struct sigframe, extramask)

static void fill_context(struct sigcontext_32* sc, const struct pt_regs* regs, const struct place* at,
                         unsigned int mask) {
    memset(sc, 0, sizeof(*sc));
    sc->gs = regs->gs;
    sc->fs = regs->fs;
    sc->es = regs->es;
    sc->ds = regs->ds;
    sc->di = regs->di;
    sc->si = regs->si;
    sc->bp = regs->bp;
    sc->sp = sc->sp_at_signal = regs->sp;
    sc->bx = regs->bx;
    sc->dx = regs->dx;
    sc->cx = regs->cx;
    sc->ax = regs->ax;
    sc->trapno = current->thread.trap_nr;
    sc->err = current->thread.error_code;
    sc->ip = regs->ip;
    sc->cs = regs->cs;
    sc->flags = regs->flags;
    sc->ss = regs->ss;
    sc->fpstate = (u32)at->fpu;
    sc->oldmask = mask;
    sc->cr2 = current->thread.fault_addr;
}

/* 0, or -EFAULT. */
static int take_context(struct pt_regs* regs, const struct sigcontext_32* sc) {
    regs->gs = sc->gs;
    regs->fs = sc->fs;
    regs->di = sc->di;
    regs->si = sc->si;
    regs->bp = sc->bp;
    regs->sp = sc->sp;
    regs->bx = sc->bx;
    regs->dx = sc->dx;
    regs->cx = sc->cx;
    regs->ax = sc->ax;
    regs->ip = sc->ip;
    regs->flags = (regs->flags & ~FIX_EFLAGS) | (sc->flags & FIX_EFLAGS);
    regs->orig_ax = -1;
    regs->cs = sc->cs | 3;
    regs->ss = sc->ss | 3;
    return l4_fpu_from_frame((const struct _fpstate_32 __user*)sc->fpstate);
}

/* The FPU's image, which is aligned, comes 112 bytes after the beginning of its frame. False: an alternate
 * stack is too small. */
static bool find_place(struct place* at, struct ksignal* ksig, struct pt_regs* regs, size_t size) {
    const unsigned long start = sigsp(regs->sp, ksig), image = sizeof(struct user_fxsr_struct);
    const unsigned long fpu = ((start - image) & ~63UL) - (sizeof(struct _fpstate_32) - image);
    const unsigned long frame = ((fpu - size + 4) & ~15UL) - 4;
    *at = (struct place){(struct _fpstate_32 __user*)fpu, (void __user*)frame};
    return (start == regs->sp && !on_sig_stack(start)) || __on_sig_stack(frame);
}

/* At most, with what is left free to align it. */
unsigned long l4_signal_frame_size(void) {
    return sizeof(struct rt_sigframe) + sizeof(struct _fpstate_32) + 63 + 15 + 4;
}

static unsigned long return_to(struct ksignal* ksig, unsigned long in_vdso, void __user* code) {
    if (ksig->ka.sa.sa_flags & SA_RESTORER) return (unsigned long)ksig->ka.sa.sa_restorer;
    return in_vdso ?: (unsigned long)code;
}

/* All but the place where once the FPU's image was. */
static int put_frame(struct ksignal* ksig, sigset_t* set, struct pt_regs* regs, const struct place* place) {
    struct sigframe __user* at = place->frame;
    struct sigframe elsewhere __uninitialized, *f = l4_user_block(at, sizeof(*f)) ?: &elsewhere;
    f->pretcode = return_to(ksig, l4_vdso_sigreturn(), at->retcode);
    f->sig = ksig->sig;
    fill_context(&f->sc, regs, place, set->sig[0]);
    f->extramask[0] = set->sig[1];
    memcpy(f->retcode, sigreturn_code, sizeof(f->retcode));
    if (f != &elsewhere) return 0;
    return copy_to_user(at, f, BEFORE_OLD_PLACE) ||
                   copy_to_user(at->extramask, f->extramask, sizeof(*f) - BEHIND_OLD_PLACE)
               ? -EFAULT
               : 0;
}

static int put_rt_frame(struct ksignal* ksig, sigset_t* set, struct pt_regs* regs,
                        const struct place* place) {
    struct rt_sigframe __user* at = place->frame;
    struct rt_sigframe f = {.sig = ksig->sig, .pinfo = (u32)&at->info, .puc = (u32)&at->uc};
    f.pretcode = return_to(ksig, l4_vdso_rt_sigreturn(), at->retcode);
    fill_context((struct sigcontext_32*)&f.uc.uc_mcontext, regs, place, set->sig[0]);
    f.uc.uc_sigmask = *set;
    f.uc.uc_stack = (stack_t){.ss_sp = (void __user*)current->sas_ss_sp,
                              .ss_flags = current->sas_ss_flags,
                              .ss_size = current->sas_ss_size};
    memcpy(f.retcode, rt_sigreturn_code, sizeof(f.retcode));
    if (copy_to_user(at, &f, sizeof(f))) return -EFAULT;
    return ksig->ka.sa.sa_flags & SA_SIGINFO ? copy_siginfo_to_user(&at->info, &ksig->info) : 0;
}

static int put_handler(struct ksignal* ksig, struct pt_regs* regs) {
    sigset_t* set = sigmask_to_save();
    const bool rt = ksig->ka.sa.sa_flags & SA_SIGINFO;
    void __user* at;
    struct place place;
    int error;
    if (!find_place(&place, ksig, regs, rt ? sizeof(struct rt_sigframe) : sizeof(struct sigframe)))
        return -EFAULT;
    error = l4_fpu_to_frame(place.fpu);
    if (error) return error;
    error = rt ? put_rt_frame(ksig, set, regs, &place) : put_frame(ksig, set, regs, &place);
    if (error) {
        l4_fpu_from_frame(place.fpu);
        return error;
    }
    at = place.frame;
    regs->cs = __USER_CS;
    regs->ss = __USER_DS;
    regs->sp = (unsigned long)at;
    regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
    regs->ax = ksig->sig;
    regs->dx = rt ? (unsigned long)&((struct rt_sigframe __user*)at)->info : 0;
    regs->cx = rt ? (unsigned long)&((struct rt_sigframe __user*)at)->uc : 0;
    regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
    return 0;
}

/* The system call that a signal has ended is made again, from its int 0x80, or fails with EINTR. */
static void restart(struct pt_regs* regs, const struct ksignal* handler) {
    switch ((long)regs->ax) {
        case -ERESTART_RESTARTBLOCK:
            if (!handler) {
                regs->ax = __NR_restart_syscall;
                regs->ip -= 2;
                return;
            }
            regs->ax = -EINTR;
            return;
        case -ERESTARTNOHAND:
            if (handler) {
                regs->ax = -EINTR;
                return;
            }
            break;
        case -ERESTARTSYS:
            if (handler && !(handler->ka.sa.sa_flags & SA_RESTART)) {
                regs->ax = -EINTR;
                return;
            }
            break;
        case -ERESTARTNOINTR: break;
        default: return;
    }
    regs->ax = regs->orig_ax;
    regs->ip -= 2;
}

void arch_do_signal_or_restart(struct pt_regs* regs) {
    struct ksignal ksig;
    const bool in_syscall = (long)regs->orig_ax >= 0;
    if (get_signal(&ksig)) {
        const bool stepping = test_thread_flag(TIF_SINGLESTEP);
        if (in_syscall) restart(regs, &ksig);
        if (stepping) user_disable_single_step(current); /* its flag is not to be in the frame */
        signal_setup_done(put_handler(&ksig, regs), &ksig, stepping);
        return;
    }
    if (in_syscall) restart(regs, NULL);
    restore_saved_sigmask();
}

static long bad_frame(void) {
    force_sig(SIGSEGV);
    return 0;
}

/* Programs have one code and one stack segment. With another the processor refuses the way back to the
 * program, for which Linux has a number of its own, X86_TRAP_IRET; the signal's frame shows what was asked
 * for. */
static long back(const struct pt_regs* regs) {
    if (regs->cs != __USER_CS || regs->ss != __USER_DS) {
        current->thread.trap_nr = 32;
        current->thread.error_code = 0;
        force_sig_fault(SIGILL, ILL_BADSTK, NULL);
    }
    return regs->ax;
}

SYSCALL_DEFINE0(sigreturn) {
    struct pt_regs* regs = current_pt_regs();
    struct sigframe __user* at = (void __user*)(regs->sp - 8);
    struct sigcontext_32 sc __uninitialized;
    sigset_t set;
    current->restart_block.fn = do_no_restart_syscall;
    if (copy_from_user(&sc, &at->sc, sizeof(sc)) || get_user(set.sig[1], at->extramask)) return bad_frame();
    set.sig[0] = sc.oldmask;
    set_current_blocked(&set);
    return take_context(regs, &sc) ? bad_frame() : back(regs);
}

SYSCALL_DEFINE0(rt_sigreturn) {
    struct pt_regs* regs = current_pt_regs();
    struct rt_sigframe __user* at = (void __user*)(regs->sp - 4);
    struct ucontext uc;
    current->restart_block.fn = do_no_restart_syscall;
    if (copy_from_user(&uc, &at->uc, sizeof(uc))) return bad_frame();
    set_current_blocked(&uc.uc_sigmask);
    if (take_context(regs, (struct sigcontext_32*)&uc.uc_mcontext)) return bad_frame();
    if (restore_altstack(&at->uc.uc_stack)) return bad_frame();
    return back(regs);
}
