// SPDX-License-Identifier: BSD-2-Clause
// The string functions against the host's own.
#include "l4/c/string.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "l4/c/stdlib.h"

namespace {

int sign(int x) { return (x > 0) - (x < 0); }

std::string noise(std::mt19937& random, std::size_t n) {
    std::string s(n, 0);
    std::generate(s.begin(), s.end(), [&] { return static_cast<char>(random() % 3 + 254); });
    return s;
}

TEST(Memory, MoveIsRightForEveryOverlap) {
    for (std::size_t from = 0; from < 20; ++from)
        for (std::size_t to = 0; to < 20; ++to)
            for (std::size_t n = 0; n < 20; ++n) {
                std::string a(40, 0);
                for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(i);
                std::string b = a;
                std::memmove(&a[to], &a[from], n);
                ASSERT_EQ(l4c_memmove(&b[to], &b[from], n), &b[to]);
                ASSERT_EQ(a, b) << from << " " << to << " " << n;
            }
}

TEST(Memory, CopyAndSetTouchExactlyTheirBytes) {
    for (std::size_t at = 0; at < 8; ++at)
        for (std::size_t n = 0; n < 40; ++n) {
            std::string a(64, 'a'), b(64, 'a');
            const std::string from(64, 'b');
            std::memcpy(&a[at], from.data(), n);
            ASSERT_EQ(l4c_memcpy(&b[at], from.data(), n), &b[at]);
            ASSERT_EQ(a, b);
            std::memset(&a[at], 0x1fe, n);
            ASSERT_EQ(l4c_memset(&b[at], 0x1fe, n), &b[at]);
            ASSERT_EQ(a, b);
        }
}

TEST(Memory, CompareAndSearchAreUnsigned) {
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        const std::size_t n = random() % 6;
        const std::string a = noise(random, n), b = noise(random, n);
        ASSERT_EQ(sign(l4c_memcmp(a.data(), b.data(), n)), sign(std::memcmp(a.data(), b.data(), n)));
        ASSERT_EQ(l4c_memchr(a.data(), 0xff, n), std::memchr(a.data(), 0xff, n));
    }
}

TEST(Strings, AgreeWithTheHost) {
    std::mt19937 random(2);
    for (int i = 0; i < 20000; ++i) {
        const std::string x = noise(random, random() % 6), y = noise(random, random() % 6);
        const char *a = x.c_str(), *b = y.c_str();
        const std::size_t n = random() % 7;
        ASSERT_EQ(l4c_strlen(a), std::strlen(a));
        ASSERT_EQ(l4c_strnlen(a, n), std::min(std::strlen(a), n));
        ASSERT_EQ(sign(l4c_strcmp(a, b)), sign(std::strcmp(a, b)));
        ASSERT_EQ(sign(l4c_strncmp(a, b, n)), sign(std::strncmp(a, b, n)));
        for (const int c : {0, 254, 255, 0x1ff}) {
            ASSERT_EQ(l4c_strchr(a, c), std::strchr(a, c));
            ASSERT_EQ(l4c_strrchr(a, c), std::strrchr(a, c));
        }
    }
}

TEST(Strings, BoundedCopyAlwaysEnds) {
    char to[4] = {'x', 'x', 'x', 'x'};
    EXPECT_EQ(l4c_strlcpy(to, "abcdef", sizeof to), 6u);
    EXPECT_STREQ(to, "abc");
    EXPECT_EQ(l4c_strlcpy(to, "a", sizeof to), 1u);
    EXPECT_STREQ(to, "a");
    EXPECT_EQ(l4c_strlcpy(to, "zz", 0), 2u);
    EXPECT_STREQ(to, "a");
}

TEST(Strtoul, AgreesWithTheHost) {
    for (const char* const s : {"",
                                "0",
                                "12",
                                " \t12x",
                                "-1",
                                "+7",
                                "0x",
                                "0xg",
                                "0x1F",
                                "0X1f",
                                "017",
                                "08",
                                "zz",
                                "-",
                                "+-1",
                                "4294967295",
                                "4294967296",
                                "18446744073709551615",
                                "18446744073709551616",
                                "-18446744073709551616"})
        for (const int base : {0, 2, 8, 10, 16, 36}) {
            char *end = nullptr, *expected_end = nullptr;
            const unsigned long expected = std::strtoul(s, &expected_end, base);
            ASSERT_EQ(l4c_strtoul(s, &end, base), expected) << s << " " << base;
            ASSERT_EQ(end, expected_end) << s << " " << base;
        }
}

} // namespace
