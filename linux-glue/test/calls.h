/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux's system calls for tests without a C library, and results in TAP. For one source file each. */
#pragma once
#include <asm/unistd.h>

__attribute__((always_inline)) static inline long call(long number, long a, long b, long c, long d, long e) {
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory");
    return result;
}

#define CALL_5(n, a, b, c, d, e, ...) call(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
/* By name, with up to five arguments. */
#define sys(...) CALL_5(__VA_ARGS__, 0, 0, 0, 0, 0)

/* The compiler calls them. */
__attribute__((used)) static void* fill(void* to, int c, unsigned long n) {
    char* p = to;
    while (n--) *p++ = (char)c;
    return to;
}

__attribute__((used)) static void* copy(void* to, const void* from, unsigned long n) {
    char* p = to;
    const char* q = from;
    while (n--) *p++ = *q++;
    return to;
}

__attribute__((unused)) static int differ(const void* a, const void* b, unsigned long n) {
    const char *p = a, *q = b;
    for (; n; n--)
        if (*p++ != *q++) return 1;
    return 0;
}

void* memset(void* to, int c, unsigned long n) __attribute__((alias("fill")));
void* memcpy(void* to, const void* from, unsigned long n) __attribute__((alias("copy")));

/* The handler returns through the vDSO. */
__attribute__((unused)) static long set_handler(int signal, const void* handler, unsigned long flags) {
    const struct {
        const void* handler;
        unsigned long flags;
        const void* restorer;
        unsigned long mask[2];
    } action = {handler, flags, 0, {0, 0}};
    return sys(rt_sigaction, signal, &action, 0, 8);
}

static unsigned long length(const char* text) {
    unsigned long n = 0;
    while (text[n]) n++;
    return n;
}

static void say(const char* text) { sys(write, 1, text, length(text)); }

static void say_number(unsigned int n) {
    char digits[11] = {0}, *p = digits + sizeof(digits) - 1;
    do *--p = (char)('0' + n % 10);
    while (n /= 10);
    say(p);
}

static unsigned int results, failed;

static void check(const char* what, int ok) {
    say(ok ? "ok " : "not ok ");
    say_number(++results);
    say(" - ");
    say(what);
    say("\n");
    if (!ok) failed++;
}

/* How long it took, the plan, and power off, if it is init; without it, a panic. */
__attribute__((noreturn)) static void done(void) {
    say("# ");
    say_number((unsigned int)(__builtin_ia32_rdtsc() >> 20)); /* since the machine's start */
    say(" Mi of the time stamp counter\n");
    say("1..");
    say_number(results);
    say("\n");
    if (!failed && sys(getpid) == 1) sys(reboot, 0xfee1dead, 672274793, 0x4321fedc);
    for (;;) sys(exit, failed != 0);
}
