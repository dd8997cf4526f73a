// SPDX-License-Identifier: BSD-2-Clause
// The formatter against the host's own.
#include <gtest/gtest.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "l4/c/stdio.h"

namespace {

std::string printed;
std::vector<std::size_t> pieces;

/// Both formatters, into room of several sizes: the same bytes and the same result.
template <class... Arguments>
void same(const char* format, Arguments... arguments) {
    for (const std::size_t size : {0, 1, 2, 7, 400}) {
        std::vector<char> a(500, 'x'), b(500, 'x');
        const int expected = std::snprintf(a.data(), size, format, arguments...);
        EXPECT_EQ(l4c_snprintf(b.data(), size, format, arguments...), expected) << format;
        EXPECT_EQ(a, b) << format << " into " << size << ": " << b.data();
    }
}

std::vector<std::string> decorated(const char* conversion) {
    std::vector<std::string> all;
    for (const char* const flags : {"", "-", "0", "+", " ", "#", "-0", "+ ", "#0", "-#", "+0"})
        for (const char* const width : {"", "1", "8", "200"})
            for (const char* const precision : {"", ".", ".0", ".1", ".5", ".150"})
                all.push_back(std::string("<%") + flags + width + precision + conversion + ">");
    return all;
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

TEST(Format, IntegersOfEveryLength) {
    for (const char* const c : {"d", "i", "u", "x", "X", "o"})
        for (const int v : {0, 1, -1, 42, INT_MAX, INT_MIN})
            for (const std::string& f : decorated(c)) same(f.c_str(), v);
    for (const char* const c : {"hhd", "hhu", "hd", "hx", "hho"})
        same((std::string("%") + c).c_str(), 0x12345);
    for (const long v : {0L, LONG_MIN, LONG_MAX}) same("%ld %lx %10lu", v, v, v);
    for (const long long v : {0LL, LLONG_MIN, LLONG_MAX}) same("%lld %llx %llo %+llu", v, v, v, v);
    same("%jd %ju", INTMAX_MIN, UINTMAX_MAX);
    same("%zu %zd %td", SIZE_MAX, std::ptrdiff_t{-5}, std::ptrdiff_t{-6});
}

TEST(Format, TextAndCharacters) {
    for (const char* const v : {"", "a", "some text that is a little longer"})
        for (const char* const flags : {"", "-"})
            for (const char* const width : {"", "1", "8", "200"})
                for (const char* const precision : {"", ".", ".0", ".3", ".150"})
                    same((std::string("<%") + flags + width + precision + "s>").c_str(), v);
    same("%c%5c%-5c|", 'a', 'b', 'c');
    same("100%% %s", "sure");
    same("%.3s", static_cast<const char*>("abcdef"));
    const char unterminated[3] = {'a', 'b', 'c'};
    same("%.3s", unterminated);
}

TEST(Format, WidthAndPrecisionFromArguments) {
    for (const int w : {0, 5, -5})
        for (const int p : {0, 3, -1}) same("<%*.*d>", w, p, 7);
    same("<%*s>", -6, "ab");
}

TEST(Format, PointersLookTheSameEverywhere) {
    char to[32];
    l4c_snprintf(to, sizeof to, "%p", reinterpret_cast<void*>(0x1234));
    EXPECT_STREQ(to, "0x1234");
}

TEST(Format, WhatIsNoConversionStands) {
    char to[64];
    EXPECT_EQ(l4c_snprintf(to, sizeof to, "%"), 1);
    EXPECT_STREQ(to, "%");
    EXPECT_EQ(l4c_snprintf(to, sizeof to, "a%-08.3lq%d", 5), 10);
    EXPECT_STREQ(to, "a%-08.3lq5");
}

TEST(Format, NullIsSaid) {
    char to[64];
    l4c_snprintf(to, sizeof to, "%s", static_cast<const char*>(nullptr));
    EXPECT_STREQ(to, "(null)");
}

TEST(Format, WidthThatNobodyWantsIsCountedNotMade) {
    char to[8];
    EXPECT_GT(l4c_snprintf(to, sizeof to, "%99999999999999999999d", 1), 100000);
    EXPECT_STREQ(to, "       ");
}

TEST(Print, LongTextComesInPieces) {
    printed.clear();
    pieces.clear();
    const std::string text(3 * L4C_PIECE + 5, 'q');
    EXPECT_EQ(l4c_printf("%s", text.c_str()), static_cast<int>(text.size()));
    EXPECT_EQ(printed, text);
    EXPECT_EQ(pieces, (std::vector<std::size_t>{L4C_PIECE, L4C_PIECE, L4C_PIECE, 5}));
    printed.clear();
    l4c_puts("line");
    l4c_putchar('c');
    EXPECT_EQ(printed, "line\nc");
}

} // namespace

extern "C" void l4c_print(const char* piece, std::size_t length) {
    EXPECT_GT(length, 0u);
    printed.append(piece, length);
    pieces.push_back(length);
}
