/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls id_nearest, thread_switch, thread_schedule and lthread_ex_regs. */
#pragma once

#include "l4/abi/thread.h"
#include "l4/sys/entry.h"

typedef struct l4_nearest {
    l4_word_t type; /**< L4_NC_* */
    l4_threadid_t id;
} l4_nearest_t;

static inline l4_nearest_t l4_id_nearest(l4_threadid_t id) {
    l4_registers_t r = {0, 0, 0, 0, 0, id.low, id.high};
    r = l4_enter_id_nearest(r);
    {
        const l4_nearest_t result = {r.eax, {r.esi, r.edi}};
        return result;
    }
}

static inline l4_threadid_t l4_myself(void) { return l4_id_nearest(l4_nil_id()).id; }

static inline int l4_same_thread(l4_threadid_t a, l4_threadid_t b) {
    return ((a.low ^ b.low) & (L4_ID_TASK_MASK | L4_ID_LTHREAD_MASK)) == 0;
}

/** Gives the rest of the time slice to a ready thread; nil: to whoever is next. 0, or L4_SWITCH_ERROR. */
static inline l4_word_t l4_thread_switch(l4_threadid_t to) {
    l4_registers_t r = {0, 0, 0, 0, 0, to.low, to.high};
    return l4_enter_thread_switch(r).eax;
}

static inline void l4_yield(void) { (void)l4_thread_switch(l4_nil_id()); }

typedef struct l4_schedule {
    l4_word_t param; /**< as it was; L4_SCHED_ERROR */
    uint64_t used_us;
    l4_threadid_t partner, preempter;
} l4_schedule_t;

/** `param`: l4_sched_param(), or L4_SCHED_QUERY. The external preempter is kept. */
static inline l4_schedule_t l4_thread_schedule(l4_threadid_t thread, l4_word_t param) {
    l4_registers_t r = {param, 0, 0, L4_INVALID_LOW, L4_INVALID_LOW, thread.low, thread.high};
    r = l4_enter_thread_schedule(r);
    {
        const l4_schedule_t result = {
            r.eax,
            ((uint64_t)r.edx << 32 | r.ecx) & (((uint64_t)1 << L4_SCHED_TIME_BITS) - 1),
            {r.esi, r.edi},
            {r.ebx, r.ebp}};
        return result;
    }
}

/** Bits of l4_schedule_t::param. */
static inline l4_word_t l4_sched_prio(l4_schedule_t s) { return s.param & L4_SCHED_PRIO_MASK; }
static inline l4_word_t l4_sched_state(l4_schedule_t s) {
    return (s.param & L4_SCHED_STATE_MASK) >> L4_SCHED_STATE_SHIFT;
}

/** What lthread_ex_regs sets and what it was: in, L4_EX_REGS_KEEP and the invalid id keep a field. */
typedef struct l4_ex_regs {
    l4_word_t eip, esp;
    l4_threadid_t pager, preempter;
    l4_word_t eflags; /**< out only; L4_EX_REGS_ERROR: refused, nothing changed */
} l4_ex_regs_t;

/** Keeps everything. */
static inline l4_ex_regs_t l4_ex_regs_keep(void) {
    const l4_ex_regs_t k = {L4_EX_REGS_KEEP,
                            L4_EX_REGS_KEEP,
                            {L4_INVALID_LOW, L4_INVALID_LOW},
                            {L4_INVALID_LOW, L4_INVALID_LOW},
                            0};
    return k;
}

/** `target`: an lthread of the own task, or l4_ex_regs_target() for one of another task whose pager is in the
 *  own task; and L4_EX_REGS_* flags. */
static inline l4_ex_regs_t l4_lthread_ex_regs(l4_word_t target, l4_ex_regs_t set) {
    l4_registers_t r = {target,        set.esp,       set.eip, set.preempter.low, set.preempter.high,
                        set.pager.low, set.pager.high};
    r = l4_enter_lthread_ex_regs(r);
    {
        const l4_ex_regs_t old = {r.edx, r.ecx, {r.esi, r.edi}, {r.ebx, r.ebp}, r.eax};
        return old;
    }
}
