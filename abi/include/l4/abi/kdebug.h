/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel debugger's int3 interface, which every client uses for output.  The bytes after the int3
 * (0xcc) tell what to do; execution continues after them.
 *
 * Source: the L4 kernel debugger interface as all V2 kernels have it. */
#pragma once

#include "l4/abi/types.h"

/* First byte after the int3. */
#define L4_KD_ENTER   0xebu /**< EB len text: enter the debugger, show the text */
#define L4_KD_DISPLAY 0x90u /**< 90 EB len text: print the text */
#define L4_KD_COMMAND 0x3cu /**< 3C nn: command nn; nn >= 0x20 prints that character */

/* Commands; arguments in EAX and EBX. */
#define L4_KD_OUTCHAR     0u /**< AL */
#define L4_KD_OUTNSTRING  1u /**< EAX address, EBX length */
#define L4_KD_OUTSTRING   2u /**< EAX address, ends with a zero byte */
#define L4_KD_OUTHEX32    5u
#define L4_KD_OUTHEX20    6u
#define L4_KD_OUTHEX16    7u
#define L4_KD_OUTHEX12    8u
#define L4_KD_OUTHEX8     9u
#define L4_KD_OUTDEC      11u
#define L4_KD_INCHAR      13u /**< EAX out: the character */
#define L4_KD_TRACE_FIRST 24u
#define L4_KD_TRACE_LAST  26u
#define L4_KD_TBUF        29u
#define L4_KD_NAMES       30u
#define L4_KD_WATCHDOG    31u /**< ECX 1..5 */
#define L4_KD_CHAR_MIN    0x20u
