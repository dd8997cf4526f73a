/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_IRQ_H
#define _ASM_L4_IRQ_H

#define NR_IRQS 16

/* What interrupt threads bring; the numbers are Linux's. */
#define L4_IRQ_TIMER   0
#define L4_IRQ_CONSOLE 1

#include <asm-generic/irq.h>
#endif
