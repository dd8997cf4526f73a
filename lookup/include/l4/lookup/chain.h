/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of entries, in order of insertion.  `mask` says which bits of an id count.  All: O(length). */
#pragma once

#include "l4/lookup/entry.h"

static inline struct l4_lookup_entry* l4_lookup_chain_find(struct l4_lookup_entry* first, l4_threadid_t id,
                                                           l4_word_t mask) {
    while (first && ((first->id ^ id.low) & mask)) first = first->next;
    return first;
}

/** The pointer that points to the entry of `id`, or the null at the end. */
static inline struct l4_lookup_entry** l4_lookup_chain_link(struct l4_lookup_entry** first, l4_threadid_t id,
                                                            l4_word_t mask) {
    while (*first && (((*first)->id ^ id.low) & mask)) first = &(*first)->next;
    return first;
}

/** BAD_ID and DUPLICATE change nothing. */
static inline enum l4_lookup_result l4_lookup_chain_add(struct l4_lookup_entry** first,
                                                        struct l4_lookup_entry* entry, l4_threadid_t id,
                                                        l4_word_t mask) {
    struct l4_lookup_entry** const link = l4_lookup_chain_link(first, id, mask);
    if (!l4_lookup_names_a_thread(id)) return L4_LOOKUP_BAD_ID;
    if (*link) return L4_LOOKUP_DUPLICATE;
    entry->next = NULL;
    entry->id = id.low;
    *link = entry;
    return L4_LOOKUP_OK;
}

/** Null when there is none. */
static inline struct l4_lookup_entry* l4_lookup_chain_take(struct l4_lookup_entry** first, l4_threadid_t id,
                                                           l4_word_t mask) {
    struct l4_lookup_entry** const link = l4_lookup_chain_link(first, id, mask);
    struct l4_lookup_entry* const entry = *link;
    if (entry) *link = entry->next;
    return entry;
}
