/* SPDX-License-Identifier: BSD-2-Clause */
/* Message buffers of long ipc. Words 0 and 1 of `dwords` travel in registers. */
#pragma once

#include "l4/abi/ipc.h"

/** The type of a buffer for n words (at least 2) and m strings (at least 1). */
#define L4_MESSAGE(n, m)         \
    struct {                     \
        l4_word_t rcv_fpage;     \
        l4_word_t size_dope;     \
        l4_word_t snd_dope;      \
        l4_word_t dwords[n];     \
        l4_strdope_t strings[m]; \
    }

/** For a buffer of L4_MESSAGE(n, m): all of it may be received, `dwords` and `strings` of it are sent. Before
 *  each receive, set the strings' receive parts again: they come back changed. */
#define L4_MESSAGE_INIT(n, m, dwords, strings)                   \
    {                                                            \
        0, l4_msgdope(n, m), l4_msgdope(dwords, strings), {0}, { \
            { 0, 0, 0, 0 }                                       \
        }                                                        \
    }

/** Bit 31 of a string's send size: the string goes on in the next dope. */
#define L4_STRING_GOES_ON 0x80000000u

/** Reads a byte of each page, so that it is there. */
static inline void l4_touch(const void* memory, l4_word_t size) {
    const volatile char* const bytes = (const volatile char*)memory;
    for (l4_word_t i = 0; i < size; i += 4096) (void)bytes[i];
    if (size > 0) (void)bytes[size - 1];
}

/** Touches the text: servers do not wait for our pager. */
static inline void l4_string_to_send(l4_strdope_t* dope, const void* text, l4_word_t size) {
    l4_touch(text, size);
    dope->snd_size = size;
    dope->snd_addr = (l4_word_t)(uintptr_t)text;
}

static inline void l4_string_to_receive(l4_strdope_t* dope, void* buffer, l4_word_t size) {
    dope->rcv_size = size;
    dope->rcv_addr = (l4_word_t)(uintptr_t)buffer;
}
