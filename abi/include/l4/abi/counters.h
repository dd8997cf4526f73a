/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel has done so far, counted: a page that every program reads at L4_COUNTERS_PAGE.  Counters
 * begin at 0 when the kernel starts and wrap around; nobody can reset them, so whoever measures takes a
 * difference.  A kernel has them if the info page's strings name `event_counters`.
 *
 * Source: this kernel's own; older programs do not look there. */
#pragma once

#include "l4/abi/types.h"

#define L4_COUNTERS_PAGE  0xeacfd000u
#define L4_COUNTERS_MAGIC 0x6e756f63u /**< "coun" */

/* Ways into the kernel: the index in `events`. */
#define L4_COUNT_SYSCALL    0u
#define L4_COUNT_PAGE_FAULT 1u
#define L4_COUNT_EXCEPTION  2u
#define L4_COUNT_IO_FAULT   3u
#define L4_COUNT_EMULATE    4u /**< instructions that the kernel executes for a program */
#define L4_COUNT_IRQ        5u
#define L4_COUNT_TIMER      6u
#define L4_COUNT_RESUME     7u /**< going on with a long operation, after a window for interrupts */
#define L4_COUNT_EVENTS     8u

/* Messages that were received: the index in `messages`. */
#define L4_COUNT_SHORT          0u /**< two registers, from a program; answers to faults, too */
#define L4_COUNT_FAULT          1u /**< page and I/O faults of programs */
#define L4_COUNT_EXCEPTION_IPC  2u
#define L4_COUNT_TRANSFER_FAULT 3u /**< page faults in the middle of a long message */
#define L4_COUNT_LONG           4u /**< with a buffer or flexpages */
#define L4_COUNT_INTERRUPT      5u
#define L4_COUNT_MESSAGES       6u

typedef struct l4_counters {
    l4_word_t magic;
    l4_word_t size;                    /**< of this structure; that of a later kernel may be longer */
    l4_word_t events[L4_COUNT_EVENTS]; /**< kernel entries */
    l4_word_t switches;                /**< entries that left for another thread, or for none */
    l4_word_t messages[L4_COUNT_MESSAGES];
    l4_word_t pages_mapped;   /**< page-table entries filled */
    l4_word_t pages_unmapped; /**< page-table entries emptied */
    l4_word_t cr3_loads;      /**< each forgets all translations but the kernel's own */
    l4_word_t invlpgs;        /**< single translations forgotten */
} l4_counters_t;
L4_ABI_ASSERT(sizeof(l4_counters_t) == 84);
L4_ABI_ASSERT(offsetof(l4_counters_t, magic) == 0);
L4_ABI_ASSERT(offsetof(l4_counters_t, size) == 4);
L4_ABI_ASSERT(offsetof(l4_counters_t, events) == 8);
L4_ABI_ASSERT(offsetof(l4_counters_t, switches) == 40);
L4_ABI_ASSERT(offsetof(l4_counters_t, messages) == 44);
L4_ABI_ASSERT(offsetof(l4_counters_t, pages_mapped) == 68);
L4_ABI_ASSERT(offsetof(l4_counters_t, pages_unmapped) == 72);
L4_ABI_ASSERT(offsetof(l4_counters_t, cr3_loads) == 76);
L4_ABI_ASSERT(offsetof(l4_counters_t, invlpgs) == 80);
