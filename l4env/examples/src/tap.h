/* SPDX-License-Identifier: BSD-2-Clause */
/* Test results on the log: "ok 1 - what", and a plan at the end. */
#pragma once

#include "l4/c/stdio.h"

/** Of the program's thread 0 alone. */
typedef struct tap {
    int count, failures;
} tap_t;

static inline void tap_check(tap_t* tap, int good, const char* what) {
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap->count, what);
    tap->failures += !good;
}

/** As above, and tells both values when they differ. */
static inline void tap_equal(tap_t* tap, unsigned long got, unsigned long expected, const char* what) {
    tap_check(tap, got == expected, what);
    if (got != expected) printf("# got %#lx, expected %#lx\n", got, expected);
}

/** The plan; the result is for main to return. */
static inline int tap_done(const tap_t* tap) {
    printf("1..%d\n", tap->count);
    return tap->failures != 0;
}
