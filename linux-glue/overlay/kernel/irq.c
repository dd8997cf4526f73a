// SPDX-License-Identifier: GPL-2.0-only
// Interrupts without interrupts: threads of higher L4 priority than the Linux thread bring them
// (l4_interrupt), and run the handler on their own stack as if they had interrupted it. While l4_irq_on says
// no, they leave a bit.
//
// Nothing here needs a lock: whoever preempts has come to its end before the other goes on, or waits for a
// thread that is not in a handler.
#include <asm/irq_regs.h>
#include <asm/l4.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include "../user/user.h"
#include "time.h"

unsigned int l4_irq_on;
unsigned long l4_irq_pending;
unsigned int l4_idle;

static bool busy; /* an interrupt thread is in a handler: what comes meanwhile waits */

static void no_operation(struct irq_data* d) {}

/* The timer's, whose thread sleeps again when it has served one. Lines have their own (devices.c). */
static struct irq_chip l4_chip = {.name = "l4", .irq_mask = no_operation, .irq_unmask = no_operation};

void __init init_IRQ(void) {
    unsigned int i;
    for (i = 0; i < NR_IRQS; i++) irq_set_chip_and_handler(i, &l4_chip, handle_simple_irq);
}

/* Interrupts are off. */
static void handle_with(unsigned int irq, struct pt_regs* regs) {
    struct pt_regs* old = set_irq_regs(regs);
    irq_enter();
    generic_handle_irq(irq);
    irq_exit();
    set_irq_regs(old);
}

static void handle(unsigned int irq) {
    /* Only whether a program was interrupted counts: its registers are not known here. */
    struct pt_regs regs = {.cs = l4_running.on ? __USER_CS : __KERNEL_CS};
    handle_with(irq, &regs);
}

void l4_time_fault(struct pt_regs* regs) {
    local_irq_disable();
    if (l4_take_event()) handle_with(L4_IRQ_TIMER, regs);
    local_irq_enable();
}

/* What has come while interrupts were off; they are on, before and after. */
void l4_irq_replay(void) {
    do {
        unsigned long pending;
        WRITE_ONCE(l4_irq_on, ARCH_IRQ_DISABLED);
        barrier();
        pending = xchg(&l4_irq_pending, 0);
        while (pending) {
            handle(__ffs(pending));
            pending &= pending - 1;
        }
        barrier();
        WRITE_ONCE(l4_irq_on, ARCH_IRQ_ENABLED);
        barrier();
    } while (READ_ONCE(l4_irq_pending));
    l4_force_entry(false);
}

void l4_interrupt(unsigned int irq) {
    const unsigned int on = READ_ONCE(l4_irq_on);
    if (busy || (!on && !READ_ONCE(l4_idle))) {
        set_bit(irq, &l4_irq_pending);
        return;
    }
    WRITE_ONCE(l4_irq_on, ARCH_IRQ_DISABLED);
    busy = true;
    barrier();
    handle(irq);
    barrier();
    busy = false;
    barrier();
    /* What has waited comes now, or when the Linux thread has woken up. */
    if (on)
        arch_local_irq_enable();
    else
        arch_local_irq_disable();
    /* It receives, or is about to: nobody else runs it before. */
    if (cmpxchg(&l4_idle, 1, 0) == 1)
        l4_ipc_send(l4_server(L4_LINUX), 0, 0, 0, L4_TIMEOUT_NEVER);
    else
        l4_force_entry(false);
}

/* A message from whoever cleared l4_idle, or the next event: then it is cleared here. */
static void wait_for_interrupt(void) {
    for (;;) {
        const l4_ipc_result_t r = l4_idle_wait();
        if (l4_ipc_error(r) == L4_IPC_OK && l4_id_task(r.from) == l4_id_task(l4_server_task)) return;
        if (READ_ONCE(l4_idle) && l4_take_event()) {
            set_bit(L4_IRQ_TIMER, &l4_irq_pending);
            if (cmpxchg(&l4_idle, 1, 0) == 1) return;
        }
    }
}

/* Called with interrupts off, which do come from the moment when l4_idle is set: that is what "sti; hlt" is
 * to a processor. Whoever clears l4_idle sends a message. */
void arch_cpu_idle(void) {
    WRITE_ONCE(l4_idle, 1);
    barrier();
    if (!READ_ONCE(l4_irq_pending) || cmpxchg(&l4_idle, 1, 0) != 1) wait_for_interrupt();
    raw_local_irq_enable();
}
