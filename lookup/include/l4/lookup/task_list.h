/* SPDX-License-Identifier: BSD-2-Clause */
/* Variant A1 (thesis 3.3.5, figure 3.3): an array indexed by task number, and a list of the task's threads.
 *
 * The array leads to the first process itself, so a task of one thread is found without a search.  Memory:
 * the array, 8 KiB with 32 bits.  Version, site, chief and nest of an id are ignored, as by the kernel. */
#pragma once

#include "l4/lookup/chain.h"

struct l4_lookup_list {
    struct l4_lookup_entry* first[L4_TASKS];
};

static inline void l4_lookup_list_init(struct l4_lookup_list* table) {
    l4_word_t task;
    for (task = 0; task < L4_TASKS; ++task) table->first[task] = NULL;
}

/** The entry of the thread, or null.  At most as many steps as the task has entries (128); one for the task's
 *  oldest. */
static inline struct l4_lookup_entry* l4_lookup_list_find(const struct l4_lookup_list* table,
                                                          l4_threadid_t id) {
    return l4_lookup_chain_find(table->first[l4_id_task(id)], id, L4_LOOKUP_THREAD_MASK);
}

/** OK, BAD_ID or DUPLICATE; an error changes nothing.  The table is never full.  At most 128 steps. */
static inline enum l4_lookup_result l4_lookup_list_insert(struct l4_lookup_list* table,
                                                          struct l4_lookup_entry* entry, l4_threadid_t id) {
    return l4_lookup_chain_add(&table->first[l4_id_task(id)], entry, id, L4_LOOKUP_THREAD_MASK);
}

/** The entry, which is the caller's again; null if the thread is unknown.  At most 128 steps. */
static inline struct l4_lookup_entry* l4_lookup_list_remove(struct l4_lookup_list* table, l4_threadid_t id) {
    return l4_lookup_chain_take(&table->first[l4_id_task(id)], id, L4_LOOKUP_THREAD_MASK);
}

/** The entry after `entry`, the first after null, null after the last: in order of tasks, and of insertion
 *  within one.  At most 2048 steps, and as many for all entries together beside one for each. */
static inline struct l4_lookup_entry* l4_lookup_list_next(const struct l4_lookup_list* table,
                                                          const struct l4_lookup_entry* entry) {
    struct l4_lookup_entry* next = entry ? entry->next : NULL;
    l4_word_t task = entry ? ((entry->id & L4_ID_TASK_MASK) >> L4_ID_TASK_SHIFT) + 1 : 0;
    while (!next && task < L4_TASKS) next = table->first[task++];
    return next;
}
