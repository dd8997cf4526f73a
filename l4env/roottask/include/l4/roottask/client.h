/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program may ask the root task for. Each result is a status, L4_ROOT_OK or why not. */
#pragma once

#include "l4/abi/sigma0.h"
#include "l4/roottask/protocol.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"

/** One request. `value` is written if there is an answer. */
static inline l4_word_t l4_root_ask(l4_word_t request, l4_word_t argument, l4_word_t* value) {
    const l4_ipc_result_t r = l4_ipc_call_words(l4_root_service(), request, argument);
    if (l4_ipc_error(r) != L4_IPC_OK) return L4_ROOT_ENONE;
    *value = r.w1;
    return r.w0;
}

/** The same, when the answer is the status alone. */
static inline l4_word_t l4_root_tell(l4_word_t request, l4_word_t argument) {
    l4_word_t nothing;
    return l4_root_ask(request, argument, &nothing);
}

/** The caller may create this task. */
static inline l4_word_t l4_root_task_alloc(l4_word_t* number) {
    return l4_root_ask(L4_ROOT_TASK_ALLOC, 0, number);
}

/** Kills the task and gives its number back. */
static inline l4_word_t l4_root_task_free(l4_word_t number) {
    (void)l4_task_give(number, l4_root_pager());
    return l4_root_tell(L4_ROOT_TASK_FREE, number);
}

/** The calling thread gets the line's interrupts. */
static inline l4_word_t l4_root_irq_attach(l4_word_t line) {
    const l4_word_t status = l4_root_tell(L4_ROOT_IRQ_ALLOC, line);
    if (status != L4_ROOT_OK) return status;
    return l4_irq_attach(line) == L4_IPC_OK ? L4_ROOT_OK : L4_ROOT_ENONE;
}

static inline l4_word_t l4_root_irq_detach(l4_word_t line) {
    l4_irq_detach();
    return l4_root_tell(L4_ROOT_IRQ_FREE, line);
}

/** Bytes of the boot module at L4_ROOT_DATA_AT; 0: there is none. */
static inline l4_word_t l4_root_data(void) {
    l4_word_t bytes = 0;
    return l4_root_ask(L4_ROOT_DATA, 0, &bytes) == L4_ROOT_OK ? bytes : 0;
}

/** Zeroed memory of 2^log2 bytes at `address`, where nothing is yet. `machine`: where devices find it. */
static inline l4_word_t l4_root_block(l4_word_t address, l4_word_t log2, l4_word_t* machine) {
    const l4_word_t window = l4_fpage(address, log2, 0);
    const l4_ipc_result_t r = l4_ipc_call(l4_root_pager(), 0, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, log2, 0),
                                          l4_rcv_fpage(window), L4_TIMEOUT_NEVER);
    if (l4_ipc_error(r) != L4_IPC_OK || !l4_ipc_got_fpage(r)) return L4_ROOT_ELIMIT;
    *machine = r.w1 & L4_FP_PAGE_MASK;
    return L4_ROOT_OK;
}

static inline l4_word_t l4_root_memory(l4_word_t address, l4_word_t log2) {
    l4_word_t machine;
    return l4_root_block(address, log2, &machine);
}

/** The caller has the page at `address`, of its image or stack, as after a page fault. Where devices find it;
 * 0: there is none. */
static inline l4_word_t l4_root_page(l4_word_t address) {
    const l4_ipc_result_t r =
        l4_ipc_call(l4_root_pager(), 0, address, 0, l4_rcv_anywhere(), L4_TIMEOUT_NEVER);
    if (l4_ipc_error(r) != L4_IPC_OK || !l4_ipc_got_fpage(r)) return 0;
    return (r.w1 & L4_FP_PAGE_MASK) + (address - r.w0);
}
