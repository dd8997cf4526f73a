/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte by byte, or by the processor's string instructions: small, and right. Compiled with -fno-builtin, lest
 * the compiler turn a loop into a call of itself. */
#include "l4/c/string.h"

#include <stdint.h>

void* L4C(memcpy)(void* to, const void* from, size_t n) {
#if defined(__i386__) || defined(__x86_64__)
    void* at = to;
    size_t words = n / 4, bytes = n % 4;
    __asm__ volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes) : : "memory");
#else
    for (size_t i = 0; i < n; i++) ((char*)to)[i] = ((const char*)from)[i];
#endif
    return to;
}

void* L4C(memmove)(void* to, const void* from, size_t n) {
    char* const t = to;
    const char* const f = from;
    if ((uintptr_t)t - (uintptr_t)f >= n) return L4C(memcpy)(to, from, n); /* before it, or behind its end */
    for (size_t i = n; i > 0; i--) t[i - 1] = f[i - 1];
    return to;
}

void* L4C(memset)(void* to, int byte, size_t n) {
    const unsigned char b = (unsigned char)byte;
#if defined(__i386__) || defined(__x86_64__)
    void* at = to;
    size_t words = n / 4, bytes = n % 4;
    const uint32_t word = b * 0x01010101u;
    __asm__ volatile("rep stosl" : "+D"(at), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(word) : "memory");
#else
    for (size_t i = 0; i < n; i++) ((unsigned char*)to)[i] = b;
#endif
    return to;
}

int L4C(memcmp)(const void* a, const void* b, size_t n) {
    const unsigned char* const x = a;
    const unsigned char* const y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

void* L4C(memchr)(const void* in, int byte, size_t n) {
    const unsigned char* const bytes = in;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == (unsigned char)byte) return (void*)(uintptr_t)(bytes + i);
    return NULL;
}

size_t L4C(strlen)(const char* s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

size_t L4C(strnlen)(const char* s, size_t max) {
    size_t n = 0;
    while (n < max && s[n]) n++;
    return n;
}

int L4C(strcmp)(const char* a, const char* b) { return L4C(strncmp)(a, b, SIZE_MAX); }

int L4C(strncmp)(const char* a, const char* b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x != y) return x < y ? -1 : 1;
        if (!x) return 0;
    }
    return 0;
}

char* L4C(strchr)(const char* s, int c) {
    for (;; s++) {
        if (*s == (char)c) return (char*)(uintptr_t)s;
        if (!*s) return NULL;
    }
}

char* L4C(strrchr)(const char* s, int c) {
    const char* last = NULL;
    for (;; s++) {
        if (*s == (char)c) last = s;
        if (!*s) return (char*)(uintptr_t)last;
    }
}

size_t L4C(strlcpy)(char* to, const char* from, size_t size) {
    const size_t length = L4C(strlen)(from);
    if (size > 0) {
        const size_t n = length < size ? length : size - 1;
        L4C(memcpy)(to, from, n);
        to[n] = 0;
    }
    return length;
}
