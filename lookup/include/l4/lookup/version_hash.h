/* SPDX-License-Identifier: BSD-2-Clause */
/* Variant B (thesis 3.3.5, figure 3.3): an array indexed by the version in the id, and a list of the
 * processes whose threads have that version.
 *
 * Who names a thread chooses its version, and so its list: the shortest.  That needs a kernel that keeps the
 * version and reports it.  drops reports version 0 (docs/semantics.md 2.2): there every entry must be
 * inserted with version 0, and the table is one list. */
#pragma once

#include "l4/lookup/chain.h"

/** Of the 14 bits of a version one stays 0, so that no name is the invalid id. */
#define L4_LOOKUP_HASH_BITS_MAX 13u

struct l4_lookup_bucket {
    struct l4_lookup_entry* first;
    l4_word_t entries;
};

struct l4_lookup_hash {
    struct l4_lookup_bucket* bucket;
    l4_word_t mask;   /**< number of buckets - 1 */
    l4_word_t least;  /**< no bucket has fewer entries */
    l4_word_t cursor; /**< where the search for a shortest list begins */
};

/** `bucket`: 2^bits of them, the caller's, kept as long as the table; bits above 13 count as 13. */
static inline void l4_lookup_hash_init(struct l4_lookup_hash* table, struct l4_lookup_bucket* bucket,
                                       l4_word_t bits) {
    const struct l4_lookup_bucket empty = {NULL, 0};
    l4_word_t i;
    table->bucket = bucket;
    table->mask = (1u << (bits < L4_LOOKUP_HASH_BITS_MAX ? bits : L4_LOOKUP_HASH_BITS_MAX)) - 1;
    table->least = 0;
    table->cursor = 0;
    for (i = 0; i <= table->mask; ++i) bucket[i] = empty;
}

static inline l4_word_t l4_lookup_hash_index(const struct l4_lookup_hash* table, l4_word_t low) {
    const l4_word_t version_low = (low & L4_ID_VERSION_LOW_MASK) >> L4_ID_VERSION_LOW_SHIFT;
    const l4_word_t version_high = (low & L4_ID_VERSION_HIGH_MASK) >> L4_ID_VERSION_HIGH_SHIFT;
    return (version_low | version_high << 10) & table->mask;
}

/** `id` with the version of a shortest list, to name a new thread with and to insert it by.  At most as many
 *  steps as there are buckets; two on average while nothing is removed. */
static inline l4_threadid_t l4_lookup_hash_name(struct l4_lookup_hash* table, l4_threadid_t id) {
    l4_word_t best = table->cursor;
    l4_word_t i;
    for (i = 1; i <= table->mask && table->bucket[best].entries > table->least; ++i) {
        const l4_word_t other = (table->cursor + i) & table->mask;
        if (table->bucket[other].entries < table->bucket[best].entries) best = other;
    }
    table->cursor = best;
    table->least = table->bucket[best].entries;
    id.low &= ~(L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK);
    id.low |= (best << L4_ID_VERSION_LOW_SHIFT) & L4_ID_VERSION_LOW_MASK;
    id.low |= (best >> 10) << L4_ID_VERSION_HIGH_SHIFT;
    return id;
}

/** The entry inserted by this low word, or null.  At most as many steps as its list is long. */
static inline struct l4_lookup_entry* l4_lookup_hash_find(const struct l4_lookup_hash* table,
                                                          l4_threadid_t id) {
    return l4_lookup_chain_find(table->bucket[l4_lookup_hash_index(table, id.low)].first, id, ~0u);
}

/** OK, BAD_ID or DUPLICATE (of the whole low word); an error changes nothing.  The table is never full.  As
 *  many steps as the list is long. */
static inline enum l4_lookup_result l4_lookup_hash_insert(struct l4_lookup_hash* table,
                                                          struct l4_lookup_entry* entry, l4_threadid_t id) {
    struct l4_lookup_bucket* const bucket = &table->bucket[l4_lookup_hash_index(table, id.low)];
    const enum l4_lookup_result result = l4_lookup_chain_add(&bucket->first, entry, id, ~0u);
    bucket->entries += result == L4_LOOKUP_OK;
    return result;
}

/** The entry, which is the caller's again; null if the id is unknown.  As many steps as the list is long. */
static inline struct l4_lookup_entry* l4_lookup_hash_remove(struct l4_lookup_hash* table, l4_threadid_t id) {
    const l4_word_t index = l4_lookup_hash_index(table, id.low);
    struct l4_lookup_bucket* const bucket = &table->bucket[index];
    struct l4_lookup_entry* const entry = l4_lookup_chain_take(&bucket->first, id, ~0u);
    if (!entry) return NULL;
    if (--bucket->entries <= table->least) {
        table->least = bucket->entries;
        table->cursor = index;
    }
    return entry;
}

/** The entry after `entry`, the first after null, null after the last: in order of buckets, and of insertion
 *  within one.  At most as many steps as there are buckets, and as many for all entries together beside one
 *  for each. */
static inline struct l4_lookup_entry* l4_lookup_hash_next(const struct l4_lookup_hash* table,
                                                          const struct l4_lookup_entry* entry) {
    struct l4_lookup_entry* next = entry ? entry->next : NULL;
    l4_word_t index = entry ? l4_lookup_hash_index(table, entry->id) + 1 : 0;
    while (!next && index <= table->mask) next = table->bucket[index++].first;
    return next;
}
