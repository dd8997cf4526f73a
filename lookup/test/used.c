/* SPDX-License-Identifier: BSD-2-Clause */
/* All of the library from C, as the Linux server does: compiled, never run. */
#include "l4/lookup/task_array.h"
#include "l4/lookup/task_list.h"
#include "l4/lookup/version_hash.h"

L4_ABI_ASSERT(sizeof(struct l4_lookup_list) == L4_TASKS * sizeof(void*));
L4_ABI_ASSERT(sizeof(struct l4_lookup_threads) == L4_THREADS_PER_TASK * sizeof(void*));
L4_ABI_ASSERT(sizeof(struct l4_lookup_bucket) == 2 * sizeof(void*));

struct process {
    int pid;
    struct l4_lookup_entry entry;
};

struct process* use_list(struct l4_lookup_list* table, struct process* process, l4_threadid_t id);
struct process* use_array(struct l4_lookup_array* table, struct process* process, l4_threadid_t id);
struct process* use_hash(struct l4_lookup_hash* table, struct process* process, l4_threadid_t id);

static struct process* process_of(struct l4_lookup_entry* entry) {
    return entry ? (struct process*)(void*)((char*)entry - offsetof(struct process, entry)) : NULL;
}

struct process* use_list(struct l4_lookup_list* table, struct process* process, l4_threadid_t id) {
    l4_lookup_list_init(table);
    if (l4_lookup_list_insert(table, &process->entry, id) != L4_LOOKUP_OK) return NULL;
    process = process_of(l4_lookup_list_find(table, id));
    return l4_lookup_list_next(table, NULL) ? process : process_of(l4_lookup_list_remove(table, id));
}

static struct l4_lookup_threads* get_none(void* context) {
    (void)context;
    return NULL;
}

static void put_none(void* context, struct l4_lookup_threads* threads) {
    (void)context;
    (void)threads;
}

struct process* use_array(struct l4_lookup_array* table, struct process* process, l4_threadid_t id) {
    const struct l4_lookup_memory memory = {get_none, put_none, NULL};
    l4_lookup_array_init(table, memory);
    if (l4_lookup_array_insert(table, &process->entry, id) != L4_LOOKUP_OK) return NULL;
    process = process_of(l4_lookup_array_find(table, id));
    return l4_lookup_array_next(table, NULL) ? process : process_of(l4_lookup_array_remove(table, id));
}

struct process* use_hash(struct l4_lookup_hash* table, struct process* process, l4_threadid_t id) {
    static struct l4_lookup_bucket buckets[1u << 10];
    l4_lookup_hash_init(table, buckets, 10);
    id = l4_lookup_hash_name(table, id);
    if (l4_lookup_hash_insert(table, &process->entry, id) != L4_LOOKUP_OK) return NULL;
    process = process_of(l4_lookup_hash_find(table, id));
    return l4_lookup_hash_next(table, NULL) ? process : process_of(l4_lookup_hash_remove(table, id));
}
