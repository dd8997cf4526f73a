// SPDX-License-Identifier: GPL-2.0-only
// Offsets for assembly files.
#include <linux/kbuild.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include <asm/sigframe.h>

int main(void) {
    DEFINE(TASK_SP, offsetof(struct task_struct, thread.sp));
    OFFSET(IA32_SIGCONTEXT_ax, sigcontext_32, ax);
    OFFSET(IA32_SIGCONTEXT_bx, sigcontext_32, bx);
    OFFSET(IA32_SIGCONTEXT_cx, sigcontext_32, cx);
    OFFSET(IA32_SIGCONTEXT_dx, sigcontext_32, dx);
    OFFSET(IA32_SIGCONTEXT_si, sigcontext_32, si);
    OFFSET(IA32_SIGCONTEXT_di, sigcontext_32, di);
    OFFSET(IA32_SIGCONTEXT_bp, sigcontext_32, bp);
    OFFSET(IA32_SIGCONTEXT_sp, sigcontext_32, sp);
    OFFSET(IA32_SIGCONTEXT_ip, sigcontext_32, ip);
    OFFSET(IA32_RT_SIGFRAME_sigcontext, rt_sigframe, uc.uc_mcontext);
    DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));
    return 0;
}
