/* SPDX-License-Identifier: BSD-2-Clause */
/* The task_new system call. */
#pragma once

#include "l4/abi/thread.h"
#include "l4/sys/entry.h"

typedef struct l4_task_new_result {
    l4_threadid_t task;    /**< nil: it failed */
    l4_word_t code;        /**< quota given; after failure L4_TASK_NEW_E* */
    l4_word_t frames_free; /**< in the caller's account */
} l4_task_new_result_t;

static inline l4_task_new_result_t l4_task_new_(l4_word_t task, l4_word_t eax, l4_word_t esp, l4_word_t eip,
                                                l4_threadid_t pager) {
    const l4_threadid_t id = l4_threadid(task, 0);
    l4_registers_t r = {eax, esp, eip, pager.low, pager.high, id.low, id.high};
    r = l4_enter_task_new(r);
    {
        const l4_task_new_result_t result = {{r.esi, r.edi}, r.eax, r.ecx};
        return result;
    }
}

/** Creates task number `task`, killing it first if it is active. `mcp_and_quota`: l4_task_new_create(), and
 * the flags L4_TASK_NEW_*. The pager must not be nil. */
static inline l4_task_new_result_t l4_task_create(l4_word_t task, l4_word_t mcp_and_quota, l4_word_t esp,
                                                  l4_word_t eip, l4_threadid_t pager) {
    return l4_task_new_(task, mcp_and_quota, esp, eip, pager);
}

/** The number becomes `chief`'s, a task that is active. Kills the task first if it is active. */
static inline l4_task_new_result_t l4_task_give(l4_word_t task, l4_threadid_t chief) {
    return l4_task_new_(task, chief.low, 0, 0, l4_nil_id());
}

/** The task ends and its number stays the caller's, `myself`. */
static inline l4_task_new_result_t l4_task_kill(l4_word_t task, l4_threadid_t myself) {
    return l4_task_give(task, myself);
}
