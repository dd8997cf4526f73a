// SPDX-License-Identifier: GPL-2.0-only
// For tests: `l4_torture=SEED` makes the timer thread come at random, every few hundred instructions, and
// force the program that runs into the kernel, or bring a timer interrupt that nobody has asked for, which is
// replayed later if interrupts are off. Nobody may notice but by the clock.
#include "torture.h"

#include <asm/l4.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "../user/user.h"

enum { LONGEST = 16 }; /* sleep, in us */

static u32 seed __ro_after_init;
static u32 state;

static int __init set_seed(char* text) { return kstrtou32(text, 0, &seed); }
early_param("l4_torture", set_seed);

/* George Marsaglia's xorshift. */
static u32 next(void) {
    if (state == 0) state = seed;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

bool l4_torture_on(void) { return seed != 0; }

/* It sleeps from its entry on: a point in time could be past then, and no program would ever run. */
void l4_torture(void) {
    l4_ipc_wait(0, l4_timeout(0, 0, 1 + next() % LONGEST, 15));
    if (next() % 4 == 0)
        l4_interrupt(L4_IRQ_TIMER);
    else
        l4_force_entry(true);
}

int arch_show_interrupts(struct seq_file* to, int width) {
    seq_printf(to, "%*s: %10lu   forced entries of programs\n", width, "FRC", l4_forced_entries);
    return 0;
}
