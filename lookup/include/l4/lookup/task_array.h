/* SPDX-License-Identifier: BSD-2-Clause */
/* Variant A2 (thesis 3.3.5, figure 3.3): an array indexed by task number, and an array of the task's threads.
 *
 * A task with one entry has no second array: its slot leads to the process itself.  The second array comes
 * from the embedder when the second entry does, and goes back when one entry is left.  Memory: 8 KiB and 512
 * bytes for each task of several threads, with 32 bits.  Version, site, chief and nest of an id are ignored,
 * as by the kernel. */
#pragma once

#include "l4/lookup/chain.h"

struct l4_lookup_threads {
    struct l4_lookup_entry* thread[L4_THREADS_PER_TASK];
};

/** Where second arrays come from. */
struct l4_lookup_memory {
    /** Aligned for pointers, contents of no matter; null when there is none. */
    struct l4_lookup_threads* (*get)(void* context);
    void (*put)(void* context, struct l4_lookup_threads* threads);
    void* context;
};

struct l4_lookup_array {
    char* slot[L4_TASKS]; /**< null, the only entry, or one byte into the second array */
    struct l4_lookup_memory memory;
};

static inline void l4_lookup_array_init(struct l4_lookup_array* table, struct l4_lookup_memory memory) {
    l4_word_t task;
    for (task = 0; task < L4_TASKS; ++task) table->slot[task] = NULL;
    table->memory = memory;
}

static inline int l4_lookup_is_many(const char* slot) { return ((uintptr_t)slot & 1) != 0; }

/** The second array in a slot that has one. */
static inline struct l4_lookup_threads* l4_lookup_threads_in(char* slot) {
    return (struct l4_lookup_threads*)(slot - 1);
}

/** The entry of the thread, or null.  No search. */
static inline struct l4_lookup_entry* l4_lookup_array_find(const struct l4_lookup_array* table,
                                                           l4_threadid_t id) {
    char* const slot = table->slot[l4_id_task(id)];
    if (l4_lookup_is_many(slot)) return l4_lookup_threads_in(slot)->thread[l4_id_lthread(id)];
    return l4_lookup_chain_find((struct l4_lookup_entry*)slot, id, L4_LOOKUP_THREAD_MASK);
}

/** Makes the slot of one entry a slot of many.  False: no memory, nothing changed. */
static inline int l4_lookup_array_split(struct l4_lookup_array* table, char** slot) {
    struct l4_lookup_entry* const only = (struct l4_lookup_entry*)*slot;
    const l4_threadid_t id = {only->id, 0};
    struct l4_lookup_threads* const threads = table->memory.get(table->memory.context);
    l4_word_t i;
    if (!threads) return 0;
    for (i = 0; i < L4_THREADS_PER_TASK; ++i) threads->thread[i] = NULL;
    threads->thread[l4_id_lthread(id)] = only;
    *slot = (char*)threads + 1;
    return 1;
}

/** Makes the slot of many a slot of one if no more are left. */
static inline void l4_lookup_array_join(struct l4_lookup_array* table, char** slot) {
    struct l4_lookup_threads* const threads = l4_lookup_threads_in(*slot);
    struct l4_lookup_entry* only = NULL;
    l4_word_t i;
    for (i = 0; i < L4_THREADS_PER_TASK; ++i) {
        if (only && threads->thread[i]) return;
        if (threads->thread[i]) only = threads->thread[i];
    }
    *slot = (char*)only;
    table->memory.put(table->memory.context, threads);
}

/** OK, BAD_ID, DUPLICATE or NO_MEMORY; an error changes nothing.  No search; the second entry of a task
 *  takes 128 steps, and only it needs memory. */
static inline enum l4_lookup_result l4_lookup_array_insert(struct l4_lookup_array* table,
                                                           struct l4_lookup_entry* entry, l4_threadid_t id) {
    char** const slot = &table->slot[l4_id_task(id)];
    if (!l4_lookup_names_a_thread(id)) return L4_LOOKUP_BAD_ID;
    if (l4_lookup_array_find(table, id)) return L4_LOOKUP_DUPLICATE;
    if (*slot && !l4_lookup_is_many(*slot) && !l4_lookup_array_split(table, slot)) return L4_LOOKUP_NO_MEMORY;
    entry->next = NULL;
    entry->id = id.low;
    if (*slot)
        l4_lookup_threads_in(*slot)->thread[l4_id_lthread(id)] = entry;
    else
        *slot = (char*)entry;
    return L4_LOOKUP_OK;
}

/** The entry, which is the caller's again; null if the thread is unknown.  At most 128 steps. */
static inline struct l4_lookup_entry* l4_lookup_array_remove(struct l4_lookup_array* table,
                                                             l4_threadid_t id) {
    char** const slot = &table->slot[l4_id_task(id)];
    struct l4_lookup_entry* const entry = l4_lookup_array_find(table, id);
    if (!entry) return NULL;
    if (l4_lookup_is_many(*slot)) {
        l4_lookup_threads_in(*slot)->thread[l4_id_lthread(id)] = NULL;
        l4_lookup_array_join(table, slot);
    } else {
        *slot = NULL;
    }
    return entry;
}

/** The entry after `entry`, the first after null, null after the last: in order of tasks and threads.  At
 *  most 128 steps and one for each task between the two. */
static inline struct l4_lookup_entry* l4_lookup_array_next(const struct l4_lookup_array* table,
                                                           const struct l4_lookup_entry* entry) {
    l4_word_t low = entry ? (entry->id & L4_LOOKUP_THREAD_MASK) >> L4_ID_LTHREAD_SHIFT : 0;
    struct l4_lookup_entry* next = NULL;
    for (low += entry != NULL; !next && low < L4_TASKS * L4_THREADS_PER_TASK; ++low) {
        const l4_threadid_t id = l4_threadid(low / L4_THREADS_PER_TASK, low % L4_THREADS_PER_TASK);
        if (table->slot[l4_id_task(id)])
            next = l4_lookup_array_find(table, id);
        else
            low |= L4_THREADS_PER_TASK - 1;
    }
    return next;
}
