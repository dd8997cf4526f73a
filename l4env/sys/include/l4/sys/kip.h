/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel info page. */
#pragma once

#include "l4/abi/kip.h"
#include "l4/sys/entry.h"

static inline const l4_kip_t* l4_kernel_info(void) { return (const l4_kip_t*)(uintptr_t)l4_enter_kip(); }

/** Its clock, which the kernel writes in two halves. */
static inline uint64_t l4_kip_clock(const l4_kip_t* kip) {
    const volatile l4_word_t* const clock = (const volatile l4_word_t*)&kip->clock;
    l4_word_t high, low;
    do {
        high = clock[1];
        low = clock[0];
    } while (high != clock[1]);
    return (uint64_t)high << 32 | low;
}
