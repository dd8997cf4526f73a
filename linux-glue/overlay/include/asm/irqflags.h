/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_IRQFLAGS_H
#define _ASM_L4_IRQFLAGS_H

/* Interrupts are off when a variable says so; the processor's flag is never touched. An interrupt thread has
 * a higher L4 priority than all that it interrupts, so it needs no lock against them (kernel/irq.c). */
#include <linux/compiler.h>

#define ARCH_IRQ_DISABLED 0
#define ARCH_IRQ_ENABLED  1

extern unsigned int l4_irq_on;       /* interrupts may come */
extern unsigned long l4_irq_pending; /* bit n: interrupt n came while they might not */
void l4_irq_replay(void);

#define arch_local_save_flags arch_local_save_flags
static inline unsigned long arch_local_save_flags(void) { return READ_ONCE(l4_irq_on); }

#define arch_local_irq_disable arch_local_irq_disable
static inline void arch_local_irq_disable(void) {
    WRITE_ONCE(l4_irq_on, ARCH_IRQ_DISABLED);
    barrier();
}

#define arch_local_irq_enable arch_local_irq_enable
static inline void arch_local_irq_enable(void) {
    barrier();
    WRITE_ONCE(l4_irq_on, ARCH_IRQ_ENABLED);
    barrier();
    if (unlikely(READ_ONCE(l4_irq_pending))) l4_irq_replay();
}

#define arch_local_irq_restore arch_local_irq_restore
static inline void arch_local_irq_restore(unsigned long flags) {
    if (flags)
        arch_local_irq_enable();
    else
        arch_local_irq_disable();
}

#include <asm-generic/irqflags.h>
#endif
