// SPDX-License-Identifier: BSD-2-Clause
// For the init programs of the bench: how they begin, what drops counts, what they print, how they end.
#pragma once
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "l4/abi/counters.h"

/// How often until now; 0 on a system that does not count.
typedef struct {
    uint32_t entries, messages, cr3_loads;
} counts_t;

/// Switches the machine off.
static inline _Noreturn void end_bench(void) {
    fflush(stdout);
    reboot(RB_POWER_OFF);
    _exit(1);
}

static inline _Noreturn void fail(const char* what) {
    printf("not ok: %s: %s\n", what, strerror(errno));
    end_bench();
}

static inline void must(int good, const char* what) {
    if (!good) fail(what);
}

/// drops shows them to every program; 0: another system.
static const l4_counters_t* counters;

/// Prints which system it is, finds its counters, and waits until what a kernel does once is done.
static inline void begin_bench(void) {
    struct utsname name;
    must(uname(&name) == 0, "uname");
    if (strstr(name.release, "drops")) {
        counters = (const l4_counters_t*)L4_COUNTERS_PAGE;
        must(counters->magic == L4_COUNTERS_MAGIC, "the kernel's counters");
    }
    printf("system %s\n", name.release);
    sleep(4);
}

static inline uint32_t sum(const l4_word_t* of, unsigned count) {
    uint32_t all = 0;
    while (count > 0) all += of[--count];
    return all;
}

static inline counts_t look(void) {
    counts_t now = {0};
    if (counters) {
        now.entries = sum(counters->events, L4_COUNT_EVENTS);
        now.messages = sum(counters->messages, L4_COUNT_MESSAGES);
        now.cr3_loads = counters->cr3_loads;
    }
    return now;
}

static inline counts_t difference(counts_t from, counts_t to) {
    return (counts_t){to.entries - from.entries, to.messages - from.messages, to.cr3_loads - from.cr3_loads};
}

/// In all, for so many units. bench/linux_report.py reads it.
static inline void print_bench(const char* name, unsigned units, uint64_t cycles, counts_t counts) {
    printf("bench %s %u %llu %u %u %u\n", name, units, (unsigned long long)cycles, counts.entries,
           counts.messages, counts.cr3_loads);
    fflush(stdout);
}
