// SPDX-License-Identifier: GPL-2.0-only
// Time: the time stamp counter tells it, and a thread that sleeps until the next event brings L4_IRQ_TIMER.
#include <asm/l4.h>
#include <asm/timex.h>
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched_clock.h>

#include "torture.h"

#define NEVER (~0ULL)

static unsigned long timer_stack[2048];
static unsigned int tsc_khz;

/* The next event, in cycles. It is two words, and the timer thread may come between the two: then `is_set` is
 * false, it sleeps, and is woken afterwards. */
static struct {
    bool is_set;
    u64 at;
} event;

static u64 asleep_until; /* the timer thread, in cycles */

/* How long to sleep, in the form of a receive timeout. Rounded down: there will be a rest to sleep. */
static l4_word_t timeout_for(u64 cycles) {
    u64 us = div_u64(min(cycles, (u64)tsc_khz * 1000000) * 1000, tsc_khz);
    l4_word_t exp = 15;
    if (l4_torture_on()) us = min(us, (u64)l4_torture_pause());
    if (us == 0) us = 1;
    for (; us > 255 && exp > 1; exp--) us >>= 2;
    return l4_timeout(0, 0, us > 255 ? 255 : us, exp);
}

static void timer_thread(void) {
    for (;;) {
        const u64 now = get_cycles(), at = READ_ONCE(event.is_set) ? event.at : NEVER;
        if (at <= now) {
            WRITE_ONCE(event.is_set, false);
            l4_interrupt(L4_IRQ_TIMER);
            continue;
        }
        asleep_until = at;
        l4_ipc_wait(0, at == NEVER && !l4_torture_on() ? L4_TIMEOUT_NEVER : timeout_for(at - now));
        if (l4_torture_on()) l4_torture();
    }
}

/* The two words of asleep_until, both from before or both from after the timer thread ran. */
static u64 read_asleep_until(void) {
    volatile u64* p = &asleep_until;
    u64 value;
    do value = *p;
    while (value != *p);
    return value;
}

static int set_next_event(unsigned long cycles, struct clock_event_device* dev) {
    const u64 at = get_cycles() + cycles;
    WRITE_ONCE(event.is_set, false);
    barrier();
    event.at = at;
    barrier();
    WRITE_ONCE(event.is_set, true);
    barrier();
    if (at < read_asleep_until() && l4_my_lthread() != L4_TIMER)
        l4_ipc_send(l4_server(L4_TIMER), 0, 0, 0, L4_TIMEOUT_NEVER);
    return 0;
}

static int shutdown(struct clock_event_device* dev) {
    WRITE_ONCE(event.is_set, false);
    return 0;
}

static struct clock_event_device l4_timer = {
    .name = "l4-timer",
    .features = CLOCK_EVT_FEAT_ONESHOT,
    .rating = 300,
    .irq = L4_IRQ_TIMER,
    .set_next_event = set_next_event,
    .set_state_shutdown = shutdown,
};

static irqreturn_t on_timer(int irq, void* dev) {
    l4_timer.event_handler(&l4_timer);
    return IRQ_HANDLED;
}

static u64 read_tsc(struct clocksource* cs) { return get_cycles(); }

static struct clocksource tsc = {
    .name = "tsc",
    .rating = 300,
    .read = read_tsc,
    .mask = CLOCKSOURCE_MASK(64),
    .flags = CLOCK_SOURCE_IS_CONTINUOUS,
    .vdso_clock_mode = VDSO_CLOCKMODE_TSC,
};

static u64 notrace read_sched_clock(void) { return get_cycles(); }

void __init time_init(void) {
    tsc_khz = l4_kernel_info()->cpu_khz;
    lpj_fine = div_u64((u64)tsc_khz * 1000, HZ);
    sched_clock_register(read_sched_clock, 64, tsc_khz * 1000UL);
    clocksource_register_khz(&tsc, tsc_khz);
    if (request_irq(L4_IRQ_TIMER, on_timer, IRQF_TIMER, "timer", NULL)) panic("no timer interrupt");
    l4_start_thread(L4_TIMER, timer_thread, timer_stack + ARRAY_SIZE(timer_stack), l4_server(L4_KEEPER));
    l4_timer.cpumask = cpumask_of(0);
    clockevents_config_and_register(&l4_timer, tsc_khz * 1000, div_u64(tsc_khz, 500), 0x7fffffff);
}

/* lpj_fine makes a loop a cycle. */
void __delay(unsigned long cycles) {
    const cycles_t start = get_cycles();
    while (get_cycles() - start < cycles) cpu_relax();
}

static void delay_scaled(u64 time, u64 per_second) {
    __delay(div64_u64(time * tsc_khz * 1000, per_second) + 1);
}

void __udelay(unsigned long us) { delay_scaled(us, USEC_PER_SEC); }
EXPORT_SYMBOL(__udelay);
void __ndelay(unsigned long ns) { delay_scaled(ns, NSEC_PER_SEC); }
EXPORT_SYMBOL(__ndelay);
/* In units of 2^-32 s. */
void __const_udelay(unsigned long xloops) { __delay(((u64)xloops * (tsc_khz * 1000ULL) >> 32) + 1); }
EXPORT_SYMBOL(__const_udelay);
