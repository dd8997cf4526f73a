/* SPDX-License-Identifier: BSD-2-Clause */
/* The console service, the boot module "con": a serial line for all tasks. Lines that are typed go to those
 * who read, one line each, in the order in which they asked. */
#pragma once

#include "l4/abi/types.h"
#include "l4/c/name.h"

#define L4_CON_LINE_MAX 256u /**< bytes of a line, its end among them */

/* Protocol: w0, the answer is a status. */
#define L4_CON_WRITE 0x43000001u /**< with a string of at most L4_CON_LINE_MAX bytes */
#define L4_CON_READ  0x43000002u /**< the answer comes with a string: a line with its end */

/* Status. */
#define L4_CON_OK     0u
#define L4_CON_NONE   1u /**< there is no console */
#define L4_CON_BUSY   2u /**< too many read already */
#define L4_CON_EINVAL 3u

L4C_BEGIN
l4_word_t l4_con_write(const char* text, l4_word_t length);
/** Waits for a line. Its length, at most `size`: the rest of it is gone. 0: there is no console. */
l4_word_t l4_con_read(char* line, l4_word_t size);
L4C_END
