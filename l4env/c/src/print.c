/* SPDX-License-Identifier: BSD-2-Clause */
/* printf and its kin, onto l4c_print. */
#include "l4/c/stdio.h"
#include "l4/c/string.h"

static void print(void* to, const char* piece, size_t length) {
    (void)to;
    l4c_print(piece, length);
}

int L4C(vprintf)(const char* format, va_list arguments) { return l4c_format(print, NULL, format, arguments); }

int L4C(printf)(const char* format, ...) {
    va_list a;
    int n = 0;
    va_start(a, format);
    n = L4C(vprintf)(format, a);
    va_end(a);
    return n;
}

int L4C(puts)(const char* line) { return L4C(printf)("%s\n", line); }

int L4C(putchar)(int c) {
    const char character = (char)c;
    l4c_print(&character, 1);
    return (unsigned char)c;
}
