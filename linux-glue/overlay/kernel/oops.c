// SPDX-License-Identifier: GPL-2.0-only
// Faults of the server itself: what to say, and who has to go.
#include "oops.h"

#include <asm/l4.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>

void show_regs(struct pt_regs* regs) {
    show_regs_print_info(KERN_DEFAULT);
    printk("EIP: %pS EFLAGS: %08lx CS: %04lx\n", (void*)regs->ip, regs->flags, regs->cs);
    printk("EAX: %08lx EBX: %08lx ECX: %08lx EDX: %08lx\n", regs->ax, regs->bx, regs->cx, regs->dx);
    printk("ESI: %08lx EDI: %08lx EBP: %08lx ESP: %08lx\n", regs->si, regs->di, regs->bp, regs->sp);
}

static void take_state(struct pt_regs* regs, const l4_utcb_state_t* s) {
    *regs = (struct pt_regs){.bx = s->ebx,
                             .cx = s->ecx,
                             .dx = s->edx,
                             .si = s->esi,
                             .di = s->edi,
                             .bp = s->ebp,
                             .ax = s->eax,
                             .ds = __KERNEL_DS,
                             .es = __KERNEL_DS,
                             .fs = s->fs,
                             .gs = s->gs,
                             .orig_ax = -1,
                             .ip = s->eip,
                             .cs = __KERNEL_CS,
                             .flags = s->eflags,
                             .sp = s->esp,
                             .ss = __KERNEL_DS};
}

void __noreturn l4_oops(void);
void __noreturn l4_oops(void) {
    static struct pt_regs regs;
    static int count;
    const l4_utcb_state_t state = l4_oops_state.state;
    const bool in_interrupt_thread = l4_oops_state.thread != L4_LINUX;
    if (l4_oops_state.nested) {
        static const char text[] = "\nLinux: an oops in an oops\n";
        l4_console_write(text, sizeof(text) - 1);
        l4_exit(1);
    }
    take_state(&regs, &state);
    oops_enter();
    console_verbose();
    if (state.trapno == 14)
        pr_alert("BUG: unable to handle page fault, %s %08x\n", state.err & 2 ? "writing" : "reading",
                 state.pfa);
    else
        pr_alert("BUG: exception %u, error code %04x\n", state.trapno, state.err);
    pr_emerg("Oops: %04x [#%d]\n", state.err, ++count);
    print_modules();
    show_regs(&regs);
    show_stack(NULL, (unsigned long*)regs.sp, KERN_DEFAULT);
    add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
    oops_exit();
    if (in_interrupt_thread || in_interrupt()) panic("Fatal exception in interrupt");
    if (panic_on_oops) panic("Fatal exception");
    l4_oops_state.taken = false;
    make_task_dead(SIGSEGV);
}
