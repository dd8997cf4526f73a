/* SPDX-License-Identifier: BSD-2-Clause */
/* Times in the formats of the system calls: mantissa * 4^(15 - exponent) us. */
#pragma once

#include "l4/abi/thread.h"
#include "l4/abi/timeout.h"

#define L4_TIME_NEVER UINT64_MAX

/** Mantissa 0..255 and exponent 0..15; exponent 0 is "never" ("infinite", for time slices). */
typedef struct l4_time {
    l4_word_t man, exp;
} l4_time_t;

/** The shortest time of the format that is not shorter; what is longer than the longest (19 hours) is that.
 */
L4_ABI_INLINE l4_time_t l4_time_from_us(uint64_t us) {
    l4_time_t t = {0, 0};
    uint64_t unit = 1;
    if (us == L4_TIME_NEVER) return t;
    t.exp = 15;
    while (t.exp > 1 && us > 255 * unit) {
        t.exp--;
        unit *= 4;
    }
    t.man = us > 255 * unit ? 255u : (l4_word_t)((us + unit - 1) / unit);
    return t;
}

L4_ABI_INLINE uint64_t l4_time_us(l4_time_t t) {
    return t.exp == 0 ? L4_TIME_NEVER : (uint64_t)t.man << (2 * (15 - t.exp));
}

/** The timeout word of ipc, relative, page faults never. */
L4_ABI_INLINE l4_word_t l4_timeouts_us(uint64_t snd_us, uint64_t rcv_us) {
    const l4_time_t snd = l4_time_from_us(snd_us), rcv = l4_time_from_us(rcv_us);
    return l4_timeout(snd.man, snd.exp, rcv.man, rcv.exp);
}

/** A deadline for ipc: the time fields, and its clock bit. */
typedef struct l4_deadline {
    l4_time_t time;
    int clock; /**< its clock bit */
} l4_deadline_t;

/** How far away a deadline can be: half of what the format can tell, the rest is for the way to the kernel.
 */
#define L4_DEADLINE_REACH_US ((uint64_t)1 << 21)

/** `at`, rounded up; what is out of reach becomes the end of the reach, so that the caller asks again there.
 *
 *  The kernel completes the time from its clock: e = 15 - exponent, and it must be less than 2^(e+8) us away.
 */
L4_ABI_INLINE l4_deadline_t l4_deadline_at(uint64_t now, uint64_t at) {
    l4_deadline_t d = {{0, 15}, 0};
    l4_word_t e = 0;
    if (at < now) at = now;
    if (at - now > L4_DEADLINE_REACH_US) at = now + L4_DEADLINE_REACH_US;
    while (at - now > (uint64_t)1 << (e + 7)) e++;
    at = (at + ((uint64_t)1 << e) - 1) >> e;
    d.time.exp = 15 - e;
    d.time.man = (l4_word_t)(at & 0xff);
    d.clock = (int)((at >> 8) & 1);
    return d;
}

/** Flags of l4_ipc_flagged for a receive deadline, whose time goes into the timeout word. */
L4_ABI_INLINE l4_word_t l4_rcv_deadline_flags(l4_deadline_t d) {
    return L4_IPC_ABS_RCV | (d.clock ? L4_IPC_ABS_RCV_CLOCK : 0);
}

/** thread_schedule's parameter word. L4_TIME_NEVER: a slice that does not end. */
L4_ABI_INLINE l4_word_t l4_sched_param_us(l4_word_t prio, uint64_t slice_us) {
    const l4_time_t t = l4_time_from_us(slice_us);
    return l4_sched_param(prio, t.man, t.exp);
}
