/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of <stdio.h> that is here. Conversions d i u o x X c s p %, with flags - + space # 0, width,
 * precision
 * (* too), and hh h l ll j z t; no floating point, no n. What is no conversion is printed as it stands. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "l4/c/name.h"

#if defined(__GNUC__) && !defined(L4C_PREFIX)
#define L4C_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define L4C_FORMAT(text, first)
#endif

L4C_BEGIN
int L4C(snprintf)(char* to, size_t size, const char* format, ...) L4C_FORMAT(3, 4);
int L4C(vsnprintf)(char* to, size_t size, const char* format, va_list arguments) L4C_FORMAT(3, 0);
/* To the log: each ends up there in pieces of at most L4C_PIECE bytes. */
int L4C(printf)(const char* format, ...) L4C_FORMAT(1, 2);
int L4C(vprintf)(const char* format, va_list arguments) L4C_FORMAT(1, 0);
int L4C(puts)(const char* line);
int L4C(putchar)(int c);
L4C_END

#define L4C_PIECE 128

/** Formats into pieces: `out` gets them in order, none is empty. The result is the number of characters. */
L4C_BEGIN
typedef void l4c_out_t(void* to, const char* piece, size_t length);
int l4c_format(l4c_out_t* out, void* to, const char* format, va_list arguments);
/** Where printf goes; the program (or its crt0) defines it. */
void l4c_print(const char* piece, size_t length);
L4C_END
