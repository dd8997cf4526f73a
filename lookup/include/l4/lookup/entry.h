/* SPDX-License-Identifier: BSD-2-Clause */
/* From the thread id of a sender to a process (thesis 3.3.5): what the tables have in common.
 *
 * An entry is a member of the process.  A table links it and gives it back; container_of() is the caller's.
 * Nothing here locks: one caller at a time.  C11 and C++20, no libc, no allocation. */
#pragma once

#include "l4/abi/limits.h"
#include "l4/abi/types.h"

/** Belongs to the table between insert and remove, and must stay where it is. */
struct l4_lookup_entry {
    struct l4_lookup_entry* next;
    l4_word_t id; /**< low word, as inserted */
};

enum l4_lookup_result {
    L4_LOOKUP_OK,
    L4_LOOKUP_BAD_ID,    /**< nil, invalid, or of task 0, where no thread is */
    L4_LOOKUP_DUPLICATE, /**< the table has an entry of this thread */
    L4_LOOKUP_NO_MEMORY  /**< the embedder has none left */
};

/** The bits by which the kernel finds a thread.  The id that it reports has version 0. */
#define L4_LOOKUP_THREAD_MASK (L4_ID_TASK_MASK | L4_ID_LTHREAD_MASK)

static inline int l4_lookup_names_a_thread(l4_threadid_t id) {
    return l4_id_task(id) != 0 && id.low != L4_INVALID_LOW;
}
