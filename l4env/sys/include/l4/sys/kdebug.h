/* SPDX-License-Identifier: BSD-2-Clause */
/* Output through the kernel: what always works. */
#pragma once

#include "l4/sys/entry.h"

static inline void l4_kd_char(char c) { l4_enter_kd_outchar(c); }

/** The kernel does not touch memory that is not mapped: touch `text` first. */
static inline void l4_kd_text(const char* text, l4_word_t length) { l4_enter_kd_outnstring(text, length); }

static inline void l4_kd_hex(l4_word_t value) { l4_enter_kd_outhex32(value); }
