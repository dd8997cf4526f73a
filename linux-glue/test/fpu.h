/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns in FPU registers. The compiler uses none of them. */
#pragma once
#include "calls.h"

/* What fxsave stores. */
struct image {
    unsigned short control, status;
    unsigned char tags, reserved1;
    unsigned short opcode;
    unsigned int ip, cs, data, ds;
    unsigned int mxcsr, mxcsr_bits;
    struct {
        unsigned short significand[4], exponent, padding[3];
    } st[8];
    unsigned int xmm[8][4];
    unsigned char tail[224];
} __attribute__((aligned(16)));

static inline void load(const struct image* i) { __asm__ volatile("fxrstor %0" : : "m"(*i)); }
static inline void store(struct image* i) { __asm__ volatile("fxsave %0" : "=m"(*i)); }

/* Different in all registers for each seed; the stack has its top at seed % 8, and all is valid. */
static struct image pattern(unsigned int seed) {
    struct image i = {.control = (unsigned short)(0x37f ^ (seed & 3) << 10), .tags = 0xff};
    i.status = (unsigned short)((seed & 7) << 11);
    i.mxcsr = 0x1f80 ^ (seed & 3) << 13;
    for (unsigned int n = 0; n < 8; n++) {
        for (unsigned int k = 0; k < 4; k++) {
            i.st[n].significand[k] = (unsigned short)((seed * 0x9e37 + n * 0x101 + k) | 0x8000);
            i.xmm[n][k] = seed * 0x9e3779b9u + n * 16 + k;
        }
        i.st[n].exponent = (unsigned short)(0x3fff + seed % 100 + n);
    }
    return i;
}

/* What a new thread has. */
static struct image fresh(void) {
    struct image i = {.control = 0x37f, .mxcsr = 0x1f80};
    return i;
}

static int same_images(const struct image* a, const struct image* b) {
    if (a->control != b->control || a->status != b->status || a->tags != b->tags || a->mxcsr != b->mxcsr)
        return 0;
    for (unsigned int n = 0; n < 8; n++)
        if (differ(&a->st[n], &b->st[n], 10)) return 0;
    return !differ(a->xmm, b->xmm, sizeof(a->xmm));
}

static void load_pattern(unsigned int seed) {
    const struct image i = pattern(seed);
    load(&i);
}

static int has(const struct image* expected) {
    struct image i;
    store(&i);
    return same_images(&i, expected);
}

static int has_pattern(unsigned int seed) {
    const struct image i = pattern(seed);
    return has(&i);
}

static int is_fresh(void) {
    const struct image i = fresh();
    return has(&i);
}
