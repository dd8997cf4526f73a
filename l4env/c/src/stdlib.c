/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/c/stdlib.h"

#include <limits.h>
#include <stdint.h>

/** 0..35, or 36: no digit in any base. */
static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 36;
}

unsigned long L4C(strtoul)(const char* s, char** end, int base) {
    const char* p = s;
    unsigned long value = 0;
    int negative = 0, any = 0, fits = 1;
    while (*p == ' ' || (*p >= '\t' && *p <= '\r')) p++;
    if (*p == '+' || *p == '-') negative = *p++ == '-';
    /* "0x" is a prefix only with a digit behind it. */
    if ((base == 0 || base == 16) && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && digit(p[2]) < 16) {
        p += 2;
        base = 16;
    }
    if (base == 0) base = *p == '0' ? 8 : 10;
    for (; digit(*p) < base; p++) {
        const unsigned long d = (unsigned long)digit(*p);
        any = 1;
        if (value > (ULONG_MAX - d) / (unsigned long)base) fits = 0;
        value = value * (unsigned long)base + d;
    }
    if (end) *end = (char*)(uintptr_t)(any ? p : s);
    if (!fits) return ULONG_MAX;
    return negative ? 0ul - value : value;
}
