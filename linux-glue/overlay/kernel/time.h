/* SPDX-License-Identifier: GPL-2.0-only */
/* With `l4_time=fault`: events without the timer thread, by the Linux thread while interrupts are off. */
#ifndef L4_TIME_H
#define L4_TIME_H
#include <asm/l4.h>

/* The next event has come, and L4_IRQ_TIMER is to be handled. */
bool l4_take_event(void);

/* Waits for a message, or until the next event may have come. */
l4_ipc_result_t l4_idle_wait(void);
#endif
