// SPDX-License-Identifier: GPL-2.0-only
// Time: the time stamp counter tells it. L4_IRQ_TIMER is brought by a thread that sleeps until the next
// event; or, with `l4_time=fault`, by a time fault of the program that runs then, or by the end of Linux's
// sleep while it is idle. The thread is left as a watch then, for Linux's own long work.
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
#include <linux/string.h>

#include "../user/user.h"
#include "time.h"
#include "torture.h"

#define NEVER (~0ULL)

static bool by_fault __ro_after_init;

static int __init set_time(char* text) {
    by_fault = text && !strcmp(text, "fault");
    return by_fault || (text && !strcmp(text, "thread")) ? 0 : -EINVAL;
}
early_param("l4_time", set_time);

static unsigned long timer_stack[2048];
static unsigned int tsc_khz;

/* The next event, in cycles. It is two words, and the timer thread may come between the two: then `is_set` is
 * false, it sleeps, and is woken afterwards. */
static struct {
    bool is_set;
    u64 at;
} event;

static u64 asleep_until; /* the timer thread, in cycles */
static u64 slack;        /* it comes so much later than an event, which others bring */

/* The microkernel's clock: cycles * us_per_cycle / 2^32 - kernel_start, in us. */
static u32 us_per_cycle __ro_after_init;
static u64 kernel_start __ro_after_init;

/* When it has come to these cycles. */
static u64 kernel_time(u64 cycles) { return mul_u64_u32_shr(cycles, us_per_cycle, 32) - kernel_start + 1; }

/* Its info page has the time of the last entry, which was just now. */
static void __init set_kernel_time(void) {
    unsigned int i;
    us_per_cycle = div_u64(1000ULL << 32, tsc_khz);
    kernel_start = NEVER;
    for (i = 0; i < 8; i++) {
        l4_yield();
        kernel_start =
            min(kernel_start, mul_u64_u32_shr(get_cycles(), us_per_cycle, 32) - l4_kernel_info()->clock);
    }
}

/* Waits for a message until then. A deadline has eight bits: it is rounded down, and there is a rest to wait.
 */
static l4_ipc_result_t wait_until(u64 at) {
    const u64 now = kernel_time(get_cycles()), end = kernel_time(at);
    unsigned int e = 0;
    l4_deadline_t d;
    while (end > now && (end - now) >> 7 >> e) e++;
    d = l4_deadline_at(now, end >> e << e);
    return l4_ipc_flagged(l4_nil_id(), l4_rcv_deadline_flags(d), L4_IPC_NO_SEND, 0, 0, L4_RCV_OPEN,
                          l4_timeout(0, 0, d.time.man, d.time.exp));
}

/* Programs run until then, from the Linux thread's next answer on. */
static void set_limit(u64 us) {
    l4_utcb_t* utcb = l4_utcb_of(L4_LINUX);
    utcb->time_limit[0] = lower_32_bits(us);
    utcb->time_limit[1] = upper_32_bits(us);
}

static void no_event(void) {
    WRITE_ONCE(event.is_set, false);
    set_limit(L4_TIME_NEVER);
}

static void timer_thread(void) {
    for (;;) {
        const u64 now = get_cycles();
        const u64 at = READ_ONCE(event.is_set) ? event.at + slack : NEVER;
        if (at <= now) {
            no_event();
            l4_interrupt(L4_IRQ_TIMER);
            continue;
        }
        asleep_until = at;
        if (l4_torture_on())
            l4_torture();
        else if (at == NEVER)
            l4_ipc_wait(0, L4_TIMEOUT_NEVER);
        else
            wait_until(at);
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
    if (by_fault) {
        set_limit(kernel_time(at));
        l4_force_entry(true);
    }
    if (at + slack < read_asleep_until() && l4_my_lthread() != L4_TIMER)
        l4_ipc_send(l4_server(L4_TIMER), 0, 0, 0, L4_TIMEOUT_NEVER);
    return 0;
}

static int shutdown(struct clock_event_device* dev) {
    no_event();
    return 0;
}

bool l4_take_event(void) {
    const bool was_set = event.is_set;
    if (!by_fault || (was_set && event.at > get_cycles())) return false;
    no_event();
    return was_set;
}

l4_ipc_result_t l4_idle_wait(void) {
    return by_fault && event.is_set ? wait_until(event.at) : l4_ipc_wait(0, L4_TIMEOUT_NEVER);
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
    set_kernel_time();
    no_event();
    if (by_fault) {
        slack = tsc_khz * 100ULL; /* 100 ms */
        l4_utcb_of(L4_LINUX)->status |= L4_UTCB_TIME_LIMIT;
    }
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
