/* SPDX-License-Identifier: BSD-2-Clause */
/* Which region is where: no system calls. */
#pragma once

#include "l4/region/region.h"

#define L4_REGIONS_MAX 68u /**< and 64 of them for the program */

struct l4_region {
    l4_word_t first, end; /**< whole pages */
    l4_word_t flags;
    l4_region_page_t* page; /**< null: what the program consists of */
    void* object;
};

/** Ascending, without overlaps. */
struct l4_region_table {
    struct l4_region regions[L4_REGIONS_MAX];
    l4_word_t count;
};

/** Null: there is none. */
struct l4_region* l4_region_find(struct l4_region_table* table, l4_word_t address);
/** Region.first 0: where it fits first. Status; *where: its address. */
l4_word_t l4_region_add(struct l4_region_table* table, struct l4_region region, l4_word_t* where);
void l4_region_remove(struct l4_region_table* table, struct l4_region* region);
