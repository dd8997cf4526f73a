/* SPDX-License-Identifier: BSD-2-Clause */
/* The formatter under printf and snprintf. */
#include <limits.h>
#include <stdint.h>

#include "l4/c/stdio.h"
#include "l4/c/string.h"

/** Characters on their way to `out`. */
struct stream {
    l4c_out_t* out;
    void* to;
    size_t used;
    int count; /**< all so far; stays at INT_MAX */
    char piece[L4C_PIECE];
};

static void flush(struct stream* s) {
    if (s->used > 0) s->out(s->to, s->piece, s->used);
    s->used = 0;
}

static void put(struct stream* s, char c) {
    if (s->used == sizeof s->piece) flush(s);
    s->piece[s->used++] = c;
    if (s->count < INT_MAX) s->count++;
}

static void pad(struct stream* s, char c, int n) {
    for (; n > 0; n--) put(s, c);
}

static void put_all(struct stream* s, const char* text, size_t n) {
    for (size_t i = 0; i < n; i++) put(s, text[i]);
}

enum length { INT, CHAR, SHORT, LONG, LONG_LONG, INTMAX, SIZE, PTRDIFF };

/** A conversion specification. */
struct spec {
    int left, plus, space, alternative, zero;
    int width, precision; /**< precision -1: none */
    enum length length;
    char conversion;
};

/** Saturates: nobody wants a width that large. */
static int number(const char** f) {
    int n = 0;
    for (; **f >= '0' && **f <= '9'; ++*f) n = n < INT_MAX / 16 ? n * 10 + (**f - '0') : n;
    return n;
}

static void flags(struct spec* spec, const char** f) {
    for (;; ++*f) {
        if (**f == '-')
            spec->left = 1;
        else if (**f == '+')
            spec->plus = 1;
        else if (**f == ' ')
            spec->space = 1;
        else if (**f == '#')
            spec->alternative = 1;
        else if (**f == '0')
            spec->zero = 1;
        else
            return;
    }
}

static enum length length_of(const char** f) {
    const char c = **f;
    const int twice = c && (*f)[1] == c;
    enum length l = INT;
    if (c == 'h')
        l = twice ? CHAR : SHORT;
    else if (c == 'l')
        l = twice ? LONG_LONG : LONG;
    else if (c == 'j')
        l = INTMAX;
    else if (c == 'z')
        l = SIZE;
    else if (c == 't')
        l = PTRDIFF;
    else
        return INT;
    *f += l == CHAR || l == LONG_LONG ? 2 : 1;
    return l;
}

static intmax_t signed_of(enum length l, va_list* a) {
    switch (l) {
        case CHAR: return (signed char)va_arg(*a, int);
        case SHORT: return (short)va_arg(*a, int);
        case LONG: return va_arg(*a, long);
        case LONG_LONG: return va_arg(*a, long long);
        case INTMAX: return va_arg(*a, intmax_t);
        case SIZE:
        case PTRDIFF: return va_arg(*a, ptrdiff_t);
        default: return va_arg(*a, int);
    }
}

static uintmax_t unsigned_of(enum length l, va_list* a) {
    switch (l) {
        case CHAR: return (unsigned char)va_arg(*a, unsigned);
        case SHORT: return (unsigned short)va_arg(*a, unsigned);
        case LONG: return va_arg(*a, unsigned long);
        case LONG_LONG: return va_arg(*a, unsigned long long);
        case INTMAX: return va_arg(*a, uintmax_t);
        case SIZE:
        case PTRDIFF: return va_arg(*a, size_t);
        default: return va_arg(*a, unsigned);
    }
}

/** [pad] sign or prefix, zeros, digits [pad]. */
static void integer(struct stream* s, const struct spec* spec, const char* prefix, uintmax_t value,
                    unsigned base) {
    const char* const digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char reversed[3 * sizeof value];
    int n = 0, zeros = 0, all = 0;
    const int signs = (int)L4C(strlen)(prefix);
    for (; value != 0; value /= base) reversed[n++] = digits[value % base];
    if (spec->precision < 0 && n == 0) reversed[n++] = '0';
    zeros = spec->precision > n ? spec->precision - n : 0;
    if (spec->conversion == 'o' && spec->alternative && zeros == 0 && (n == 0 || reversed[n - 1] != '0'))
        zeros = 1;
    all = signs + zeros + n;
    if (spec->zero && !spec->left && spec->precision < 0 && spec->width > all) {
        zeros += spec->width - all;
        all = spec->width;
    }
    if (!spec->left) pad(s, ' ', spec->width - all);
    put_all(s, prefix, (size_t)signs);
    pad(s, '0', zeros);
    while (n > 0) put(s, reversed[--n]);
    if (spec->left) pad(s, ' ', spec->width - all);
}

static void text(struct stream* s, const struct spec* spec, const char* t, size_t n) {
    const int missing = n < (size_t)INT_MAX ? spec->width - (int)n : 0;
    if (!spec->left) pad(s, ' ', missing);
    put_all(s, t, n);
    if (spec->left) pad(s, ' ', missing);
}

/** 0: there is no such conversion. */
static int convert(struct stream* s, const struct spec* spec, va_list* a) {
    switch (spec->conversion) {
        case 'd':
        case 'i': {
            const intmax_t v = signed_of(spec->length, a);
            const char* const sign = v < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
            integer(s, spec, sign, v < 0 ? 0 - (uintmax_t)v : (uintmax_t)v, 10);
            return 1;
        }
        case 'u': integer(s, spec, "", unsigned_of(spec->length, a), 10); return 1;
        case 'o': integer(s, spec, "", unsigned_of(spec->length, a), 8); return 1;
        case 'x':
        case 'X': {
            const uintmax_t v = unsigned_of(spec->length, a);
            integer(s, spec,
                    !spec->alternative || v == 0 ? ""
                    : spec->conversion == 'x'    ? "0x"
                                                 : "0X",
                    v, 16);
            return 1;
        }
        case 'p': integer(s, spec, "0x", (uintptr_t)va_arg(*a, void*), 16); return 1;
        case 'c': {
            const char c = (char)va_arg(*a, int);
            text(s, spec, &c, 1);
            return 1;
        }
        case 's': {
            const char* t = va_arg(*a, const char*);
            if (!t) t = "(null)";
            text(s, spec, t, L4C(strnlen)(t, spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision));
            return 1;
        }
        case '%': put(s, '%'); return 1;
        default: return 0;
    }
}

/** Reads a specification behind its '%'. A negative * width means "left", a negative * precision means none.
 */
static struct spec specification(const char** f, va_list* a) {
    struct spec spec = {0, 0, 0, 0, 0, 0, -1, INT, 0};
    flags(&spec, f);
    if (**f == '*') {
        ++*f;
        spec.width = va_arg(*a, int);
        if (spec.width < 0) {
            spec.left = 1;
            spec.width = spec.width == INT_MIN ? INT_MAX : -spec.width;
        }
    } else {
        spec.width = number(f);
    }
    if (**f == '.') {
        ++*f;
        if (**f == '*') {
            ++*f;
            spec.precision = va_arg(*a, int);
            if (spec.precision < 0) spec.precision = -1;
        } else {
            spec.precision = number(f);
        }
    }
    spec.length = length_of(f);
    spec.conversion = **f;
    return spec;
}

int l4c_format(l4c_out_t* out, void* to, const char* format, va_list arguments) {
    struct stream s;
    va_list a;
    s.out = out;
    s.to = to;
    s.used = 0;
    s.count = 0;
    va_copy(a, arguments); /* whose address can be taken, whatever va_list is */
    for (const char* f = format; *f; f++) {
        const char* const begin = f;
        struct spec spec;
        if (*f != '%') {
            put(&s, *f);
            continue;
        }
        f++;
        spec = specification(&f, &a);
        if (spec.conversion && convert(&s, &spec, &a)) continue;
        put_all(&s, begin, (size_t)(f - begin) + (spec.conversion != 0));
        if (!spec.conversion) break;
    }
    va_end(a);
    flush(&s);
    return s.count;
}

/** What is left of the caller's buffer. */
struct room {
    char* at;
    size_t left;
};

static void into_buffer(void* to, const char* piece, size_t length) {
    struct room* const room = to;
    const size_t n = length < room->left ? length : room->left;
    L4C(memcpy)(room->at, piece, n);
    room->at += n;
    room->left -= n;
}

int L4C(vsnprintf)(char* to, size_t size, const char* format, va_list arguments) {
    struct room room = {to, size > 0 ? size - 1 : 0};
    const int n = l4c_format(into_buffer, &room, format, arguments);
    if (size > 0) *room.at = 0;
    return n;
}

int L4C(snprintf)(char* to, size_t size, const char* format, ...) {
    va_list a;
    int n = 0;
    va_start(a, format);
    n = L4C(vsnprintf)(to, size, format, a);
    va_end(a);
    return n;
}
