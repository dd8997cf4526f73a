// SPDX-License-Identifier: BSD-2-Clause
#include "kern/fpage.h"

#include <gtest/gtest.h>

namespace test {
namespace {

using kern::Fpage;
using Kind = Fpage::Kind;

TEST(Fpage, MemoryIsAlignedDownToItsSize) {
    const Fpage f(l4_fpage(0x12345000, 16, L4_FP_WRITE));
    EXPECT_EQ(f.kind(), Kind::memory);
    EXPECT_EQ(f.first(), 0x12340000u);
    EXPECT_EQ(f.end(), 0x12350000u);
    EXPECT_TRUE(f.write());
    EXPECT_FALSE(f.grant());
    EXPECT_FALSE(f.is_whole());
}

TEST(Fpage, TheWholeSpaceEndsAtTheUsersTop) {
    for (const std::uint32_t word : {L4_FP_WHOLE_SPACE, l4_fpage(0x55555000, 32, 0), 0xf0000080u}) {
        const Fpage f(word);
        EXPECT_TRUE(f.is_whole());
        EXPECT_EQ(f.first(), 0u);
        EXPECT_EQ(f.end(), L4_USER_TOP);
        EXPECT_EQ(f.offset_mask(), ~0u);
    }
}

TEST(Fpage, WhatReachesBeyondTheUsersTopIsCut) {
    EXPECT_EQ(Fpage(l4_fpage(0x80000000, 31, 0)).end(), L4_USER_TOP);
    const Fpage kernel(l4_fpage(0xe0000000, 20, 0));
    EXPECT_EQ(kernel.kind(), Kind::memory);
    EXPECT_GE(kernel.first(), kernel.end());
}

TEST(Fpage, OtherSizesNameNothing) {
    for (const std::uint32_t size : {0u, 1u, 11u, 33u, 63u})
        EXPECT_EQ(Fpage(l4_fpage(0x1000, size, 0)).kind(), Kind::nothing);
}

TEST(Fpage, Ports) {
    const Fpage f(l4_io_fpage(0x3f9, 3, 0));
    EXPECT_EQ(f.kind(), Kind::ports);
    EXPECT_EQ(f.first(), 0x3f8u);
    EXPECT_EQ(f.end(), 0x400u);
    EXPECT_EQ(Fpage(L4_FP_IO_WHOLE).end(), 65536u);
}

TEST(Fpage, TooManyPortsAreMemory) {
    EXPECT_EQ(Fpage(l4_io_fpage(0, 17, 0)).kind(), Kind::memory);
    EXPECT_GE(Fpage(l4_io_fpage(0, 17, 0)).first(), L4_USER_TOP);
    EXPECT_FALSE(Fpage(L4_FP_IO_WHOLE).is_whole());
}

TEST(Fpage, ProtectedPages) {
    EXPECT_TRUE(kern::is_protected(kern::VAddr{L4_UTCB_AREA}));
    EXPECT_TRUE(kern::is_protected(kern::VAddr{L4_KIP_ADDRESS + 4095}));
    EXPECT_FALSE(kern::is_protected(kern::VAddr{L4_UTCB_AREA - 1}));
    EXPECT_FALSE(kern::is_protected(kern::VAddr{L4_UTCB_AREA + L4_UTCB_AREA_SIZE}));
    EXPECT_TRUE(kern::has_protected(kern::VAddr{0xbfc00000}));
    EXPECT_FALSE(kern::has_protected(kern::VAddr{0xbfbff000}));
}

} // namespace
} // namespace test
