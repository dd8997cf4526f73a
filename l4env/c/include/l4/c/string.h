/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of <string.h> that is here, as C11 defines it; strnlen and strlcpy as POSIX and BSD do. */
#pragma once

#include <stddef.h>

#include "l4/c/name.h"

L4C_BEGIN
void* L4C(memcpy)(void* to, const void* from, size_t n);
void* L4C(memmove)(void* to, const void* from, size_t n);
void* L4C(memset)(void* to, int byte, size_t n);
int L4C(memcmp)(const void* a, const void* b, size_t n);
void* L4C(memchr)(const void* in, int byte, size_t n);
size_t L4C(strlen)(const char* s);
size_t L4C(strnlen)(const char* s, size_t max);
int L4C(strcmp)(const char* a, const char* b);
int L4C(strncmp)(const char* a, const char* b, size_t n);
char* L4C(strchr)(const char* s, int c);
char* L4C(strrchr)(const char* s, int c);
/** Copies what fits and ends it with a zero; the result is strlen(from). */
size_t L4C(strlcpy)(char* to, const char* from, size_t size);
L4C_END
