/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_IRQ_H
#define _ASM_L4_IRQ_H

#define NR_IRQS 16

/* Others are the machine's lines. Its line 0, an own timer, is the microkernel's. */
#define L4_IRQ_TIMER 0

#include <asm-generic/irq.h>
#endif
