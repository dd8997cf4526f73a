/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions of a task's address space: memory that comes page by page when it is touched, from the root task or
 * from whoever attached it. The library's thread is the pager of all threads that l4_region_thread_start
 * starts. */
#pragma once

#include "l4/abi/types.h"
#include "l4/c/name.h"
#include "l4/thread/thread.h"

/* Flags of a region. */
#define L4_REGION_WRITE 1u /**< writable */

/* Status. */
#define L4_REGION_OK 0u
/** It meets another region, or what the program itself consists of: image, first stack (L4_ROOT_STACKS_AT),
 * data (L4_ROOT_DATA_AT), UTCBs and what is behind them. */
#define L4_REGION_TAKEN  1u
#define L4_REGION_FULL   2u /**< no room for so many, or for one so large */
#define L4_REGION_NONE   3u
#define L4_REGION_EINVAL 4u

/** Where regions without an address of their own lie. */
#define L4_REGION_FIRST 0x60000000u
#define L4_REGION_END   0xa0000000u

/** Gives the page at `offset` of a region: maps it to `address`, by receiving it there. 0: it cannot. Called
 * by the library's thread, one at a time. */
typedef int l4_region_page_t(void* object, l4_word_t offset, l4_word_t address, l4_word_t flags);

L4C_BEGIN
/** Starts the library's thread. Once, before any other call. 0: it cannot. */
int l4_region_start(void);

/** Zeroed writable memory of the root task, at *address, or anywhere if that is 0. `size` is in whole pages.
 * Status. */
l4_word_t l4_region_attach_memory(l4_word_t* address, l4_word_t size);

/** The same, with pages that `page` gives. */
l4_word_t l4_region_attach(l4_word_t* address, l4_word_t size, l4_word_t flags, l4_region_page_t* page,
                           void* object);

/** The region that `address` is in ends, and its pages go. Status. */
l4_word_t l4_region_detach(l4_word_t address);

/** A thread whose page faults the library serves: in regions as they say, elsewhere by asking the root task.
 * A fault that cannot be served ends the task, by the root task or here. */
l4_word_t l4_region_thread_start(l4_thread_function_t* f, void* argument, void* stack, l4_word_t stack_size);
L4C_END
