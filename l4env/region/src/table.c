/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4env/region/src/table.h"

#include "l4/abi/limits.h"

#define PAGE_MASK ((1u << L4_PAGE_SHIFT) - 1)

/** The first one that ends above the address. */
static l4_word_t index_of(const struct l4_region_table* table, l4_word_t address) {
    l4_word_t i = 0;
    while (i < table->count && table->regions[i].end <= address) i++;
    return i;
}

struct l4_region* l4_region_find(struct l4_region_table* table, l4_word_t address) {
    struct l4_region* const r = &table->regions[index_of(table, address)];
    return r < table->regions + table->count && r->first <= address ? r : 0;
}

/** 0: there is no such hole. */
static l4_word_t hole(const struct l4_region_table* table, l4_word_t size) {
    l4_word_t first = L4_REGION_FIRST;
    for (l4_word_t i = index_of(table, first); i < table->count; i++) {
        if (table->regions[i].first >= first && table->regions[i].first - first >= size) break;
        first = table->regions[i].end;
    }
    return first < L4_REGION_END && L4_REGION_END - first >= size ? first : 0;
}

l4_word_t l4_region_add(struct l4_region_table* table, struct l4_region region, l4_word_t* where) {
    const l4_word_t size = region.end - region.first;
    l4_word_t at = 0;
    if (size == 0 || ((region.first | region.end) & PAGE_MASK) != 0 || region.end < region.first)
        return L4_REGION_EINVAL;
    if (table->count == L4_REGIONS_MAX) return L4_REGION_FULL;
    if (region.first == 0) {
        region.first = hole(table, size);
        region.end = region.first + size;
        if (region.first == 0) return L4_REGION_FULL;
    }
    if (region.end > L4_USER_TOP) return L4_REGION_EINVAL;
    at = index_of(table, region.first);
    if (at < table->count && table->regions[at].first < region.end) return L4_REGION_TAKEN;
    for (l4_word_t i = table->count++; i > at; i--) table->regions[i] = table->regions[i - 1];
    table->regions[at] = region;
    *where = region.first;
    return L4_REGION_OK;
}

void l4_region_remove(struct l4_region_table* table, struct l4_region* region) {
    struct l4_region* const end = table->regions + --table->count;
    for (; region < end; region++) region[0] = region[1];
}
