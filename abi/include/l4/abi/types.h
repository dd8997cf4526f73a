/* SPDX-License-Identifier: BSD-2-Clause */
/* Words, assertions and thread ids of the L4 V2 interface.  C11 and C++20, 32 and 64 bit, no libc.
 *
 * Source: L4 Reference Manual V2 (Liedtke 1996), unique identifiers; as Fiasco looks them up. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** A machine word of the interface.  IA-32 whatever the host is, so that a simulator on a 64-bit
 *  host sees the same layouts as the hardware. */
typedef uint32_t l4_word_t;

#ifdef __cplusplus
#define L4_ABI_ASSERT(cond) static_assert(cond, #cond)
/** Encoders are usable in constant expressions where the language has them. */
#define L4_ABI_INLINE constexpr
#else
#define L4_ABI_ASSERT(cond) _Static_assert(cond, #cond)
#define L4_ABI_INLINE       static inline
#endif

/** A 64-bit thread id: ESI (or EBX) holds `low`, EDI (or EBP) holds `high`.
 *
 *  The kernel finds a thread by the task and lthread fields only; version, site, chief and nest of an
 *  id that comes in are ignored.  (V2 ABI, thread ids; as Fiasco had it.) */
typedef struct l4_thread_id {
    l4_word_t low;
    l4_word_t high;
} l4_threadid_t;
L4_ABI_ASSERT(sizeof(l4_threadid_t) == 8);
L4_ABI_ASSERT(offsetof(l4_threadid_t, low) == 0);
L4_ABI_ASSERT(offsetof(l4_threadid_t, high) == 4);

/* Fields of the low word. */
#define L4_ID_VERSION_LOW_SHIFT  0u
#define L4_ID_VERSION_LOW_MASK   0x000003ffu
#define L4_ID_LTHREAD_SHIFT      10u
#define L4_ID_LTHREAD_MASK       0x0001fc00u
#define L4_ID_TASK_SHIFT         17u
#define L4_ID_TASK_MASK          0x0ffe0000u
#define L4_ID_VERSION_HIGH_SHIFT 28u
#define L4_ID_VERSION_HIGH_MASK  0xf0000000u

/* Fields of the high word.  In the partner id of an IPC the chief field carries the absolute-timeout
 * flags instead: L4_IPC_ABS_* in ipc.h. */
#define L4_ID_SITE_SHIFT  0u
#define L4_ID_SITE_MASK   0x0001ffffu
#define L4_ID_CHIEF_SHIFT 17u
#define L4_ID_CHIEF_MASK  0x0ffe0000u
#define L4_ID_NEST_SHIFT  28u
#define L4_ID_NEST_MASK   0xf0000000u

/** Low word of nil; the high word does not matter. */
#define L4_NIL_LOW 0x00000000u
/** Low word of the invalid id; as an argument of lthread_ex_regs it means "keep". */
#define L4_INVALID_LOW 0xffffffffu
/** "Not given" in every register argument that has a keep or a none marker. */
#define L4_WORD_NONE 0xffffffffu

L4_ABI_INLINE l4_threadid_t l4_threadid(l4_word_t task, l4_word_t lthread) {
    l4_threadid_t id = {((task << L4_ID_TASK_SHIFT) & L4_ID_TASK_MASK) |
                            ((lthread << L4_ID_LTHREAD_SHIFT) & L4_ID_LTHREAD_MASK),
                        0};
    return id;
}

L4_ABI_INLINE l4_threadid_t l4_nil_id(void) {
    l4_threadid_t id = {L4_NIL_LOW, 0};
    return id;
}

L4_ABI_INLINE l4_threadid_t l4_invalid_id(void) {
    l4_threadid_t id = {L4_INVALID_LOW, L4_INVALID_LOW};
    return id;
}

L4_ABI_INLINE l4_word_t l4_id_task(l4_threadid_t id) {
    return (id.low & L4_ID_TASK_MASK) >> L4_ID_TASK_SHIFT;
}

L4_ABI_INLINE l4_word_t l4_id_lthread(l4_threadid_t id) {
    return (id.low & L4_ID_LTHREAD_MASK) >> L4_ID_LTHREAD_SHIFT;
}

L4_ABI_INLINE l4_word_t l4_id_chief(l4_threadid_t id) {
    return (id.high & L4_ID_CHIEF_MASK) >> L4_ID_CHIEF_SHIFT;
}

L4_ABI_INLINE l4_word_t l4_id_nest(l4_threadid_t id) {
    return (id.high & L4_ID_NEST_MASK) >> L4_ID_NEST_SHIFT;
}
