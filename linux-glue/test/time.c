// SPDX-License-Identifier: GPL-2.0-only
// Init: timers keep to the clock over many periods, whether Linux is idle meanwhile or a program runs; an
// idle Linux has no ticks; ticks share the processor out, and tell who had it.
#include "calls.h"

#include <asm/fcntl.h>
#include <asm/signal.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/time_types.h>

enum { PERIOD = 5000000, PERIODS = 200, LATE = 1000000 }; /* ns; how many; how late one may be */

static long long clock(void) {
    struct __kernel_timespec t;
    sys(clock_gettime64, CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct __kernel_timespec at(long long ns) {
    struct __kernel_timespec t = {0, 0};
    for (; ns >= 1000000000; ns -= 1000000000) t.tv_sec++;
    t.tv_nsec = ns;
    return t;
}

static int on_time(long long now, long long due) { return now >= due && now < due + LATE; }

static int sleeps(void) {
    const long long start = clock();
    for (int i = 1; i <= PERIODS; i++) {
        const struct __kernel_timespec due = at(start + i * (long long)PERIOD);
        if (sys(clock_nanosleep_time64, CLOCK_MONOTONIC, 1 /* absolute */, &due, 0)) return 0;
        if (!on_time(clock(), start + i * (long long)PERIOD)) return 0;
    }
    return 1;
}

static int expires(void) {
    const long timer = sys(timerfd_create, CLOCK_MONOTONIC, 0);
    const long long start = clock();
    const struct __kernel_itimerspec every = {at(PERIOD), at(start + PERIOD)};
    if (timer < 0 || sys(timerfd_settime64, timer, 1 /* absolute */, &every, 0)) return 0;
    for (long long sum = 0, n = 0; sum < PERIODS; sum += n) {
        if (sys(read, timer, &n, sizeof(n)) != sizeof(n)) return 0;
        if (!on_time(clock(), start + (sum + n) * PERIOD)) return 0;
    }
    return sys(close, timer) == 0;
}

static volatile int signals, late;
static volatile long long first_due;

static void on_alarm(int signal) {
    (void)signal;
    late += !on_time(clock(), first_due + signals * (long long)PERIOD);
    signals++;
}

/* In time for a program that makes no system call. */
static int interrupts(void) {
    struct __kernel_old_itimerval every = {{0, PERIOD / 1000}, {0, PERIOD / 1000}}, none = {{0, 0}, {0, 0}};
    if (set_handler(SIGALRM, on_alarm, 0)) return 0;
    first_due = clock() + PERIOD;
    if (sys(setitimer, ITIMER_REAL, &every, 0)) return 0;
    while (signals < PERIODS) continue;
    sys(setitimer, ITIMER_REAL, &none, 0);
    return !late;
}

static long long user_time(int who, long long* of_system) {
    struct rusage u;
    sys(getrusage, who, &u);
    if (of_system) *of_system = u.ru_stime.tv_sec * 1000000000LL + u.ru_stime.tv_usec * 1000LL;
    return u.ru_utime.tv_sec * 1000000000LL + u.ru_utime.tv_usec * 1000LL;
}

static void compute(long long ns) {
    const long long end = clock() + ns;
    unsigned long n = 0;
    while (1)
        for (n = 100000; n; n--) {
            __asm__ volatile("");
            if (n == 1 && clock() >= end) return;
        }
}

/* It is the user's time. */
static int is_counted(void) {
    long long system[2];
    const long long user = user_time(RUSAGE_SELF, system);
    compute(500000000);
    return user_time(RUSAGE_SELF, system + 1) - user > 400000000 && system[1] - system[0] < 100000000;
}

static int shares(void) {
    const long child = sys(fork);
    long long mine = user_time(RUSAGE_SELF, 0), others;
    int status = 0;
    compute(1000000000);
    if (child == 0) sys(exit, 7);
    mine = user_time(RUSAGE_SELF, 0) - mine;
    sys(wait4, child, &status, 0, 0);
    others = user_time(RUSAGE_CHILDREN, 0);
    return status == 7 << 8 && mine > 300000000 && mine < 700000000 && others > 300000000;
}

/* So often has the timer interrupted; -1: nobody knows. */
static int ticks(void) {
    static char text[4096];
    const long file = sys(open, "/proc/interrupts", O_RDONLY);
    const long n = sys(read, file, text, sizeof(text) - 1);
    sys(close, file);
    for (long i = 0, count = -1; i < n; i++) {
        if (text[i] == ':') count = 0;
        if (count >= 0 && text[i] >= '0' && text[i] <= '9') count = count * 10 + text[i] - '0';
        if (count >= 0 && !differ(text + i, "timer\n", 6)) return (int)count;
        if (text[i] == '\n') count = -1;
    }
    return -1;
}

static int rests(void) {
    const struct __kernel_timespec two = {2, 0};
    const int before = ticks();
    sys(clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &two, 0);
    return before >= 0 && ticks() - before < 50;
}

__attribute__((used)) static void start(void) {
    sys(mkdir, "/proc", 0755);
    sys(mount, "proc", "/proc", "proc");
    check("sleeps do not drift", sleeps());
    check("a timer's file does not drift", expires());
    check("signals to a program that runs do not drift", interrupts());
    check("time that a program runs is counted as its own", is_counted());
    check("two programs share the processor", shares());
    check("an idle system has no ticks", rests());
    done();
}

__asm__(".globl _start\n_start: subl $12, %esp; call start; ud2\n");
