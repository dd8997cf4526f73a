/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_TIMEX_H
#define _ASM_L4_TIMEX_H

#define CLOCK_TICK_RATE 1193182

typedef unsigned long long cycles_t;
static inline cycles_t get_cycles(void) {
    cycles_t v;
    asm volatile("rdtsc" : "=A"(v));
    return v;
}
#define get_cycles get_cycles
#endif
