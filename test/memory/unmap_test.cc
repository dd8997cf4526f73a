// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

constexpr std::uint32_t rw = L4_FP_WRITE, page_size = 4096, super_size = 1u << 22;
constexpr std::uint32_t everything = L4_FP_WHOLE_SPACE;
constexpr std::uint32_t super_page(std::uint32_t va) { return l4_fpage(va, 22, rw); }
constexpr std::uint32_t small_page(std::uint32_t va) { return l4_fpage(va, 12, rw); }

/// sigma0 (2) has the 4 MiB page at 0; 4, 5 and 6 have accounts of their own, 7 shares 6's.
class Unmap : public ::testing::Test {
protected:
    Unmap() {
        for (std::uint16_t n : {2, 4, 5}) open(n, 100);
        open(6, 9);
        w.open_space(7, 6);
        EXPECT_TRUE(w.fault(2, 0));
    }
    ~Unmap() override { w.close_all(); }
    void open(std::uint16_t n, std::uint32_t limit) {
        w.open_account(n, limit);
        w.open_space(n, n);
    }
    /// The free frames of account 6 become so many.
    void leave(std::uint32_t frames) {
        reserved = w.account(6).free() - frames;
        EXPECT_TRUE(w.account(6).reserve(reserved).ok());
    }
    void TearDown() override { w.account(6).unreserve(reserved); }
    bool split(std::uint16_t task, std::uint32_t va = page_size) {
        const auto page = w.page(task, va);
        return page && page->split;
    }
    MemoryWorld w;
    std::uint32_t reserved = 0;
};

TEST_F(Unmap, FlushingSplitsTheOldestSiblingFirst) {
    w.map(2, 6, super_page(0), 0);
    w.map(2, 7, super_page(0), 0);
    leave(2);
    w.unmap(2, small_page(0), L4_FP_FLUSH);
    EXPECT_TRUE(split(6));
    EXPECT_FALSE(w.page(6, 0));
    EXPECT_FALSE(w.page(7, page_size)) << "it could not be split, so it goes whole";
    w.db.check();
}

TEST_F(Unmap, ReadOnlySplitsTheYoungestSiblingFirst) {
    w.map(2, 6, super_page(0), 0);
    w.map(2, 7, super_page(0), 0);
    leave(2);
    w.unmap(2, small_page(0), 0);
    EXPECT_FALSE(w.page(6, page_size));
    EXPECT_TRUE(split(7));
    EXPECT_FALSE(w.page(7, 0)->writable);
    EXPECT_TRUE(w.page(7, page_size)->writable);
}

TEST_F(Unmap, FlushingSplitsAPageAfterThoseBelowIt) {
    w.map(2, 6, super_page(0), 0);
    w.map(6, 7, super_page(0), 0);
    leave(2);
    w.unmap(2, small_page(0), L4_FP_FLUSH);
    EXPECT_FALSE(w.page(6, page_size)) << "7's page took the frames, so 6's goes, and 7's with it";
    EXPECT_FALSE(w.page(7, page_size));
}

TEST_F(Unmap, AFilterLooksAtTheYoungestSiblingFirst) {
    w.map(2, 6, super_page(0), 0);
    w.map(2, 6, super_page(0), super_size);
    leave(2);
    w.unmap(2, small_page(0), L4_FP_FLUSH | l4_unmap_in_task(6));
    EXPECT_FALSE(w.page(6, page_size));
    EXPECT_TRUE(split(6, super_size + page_size));
}

TEST_F(Unmap, WhatCanNotBeSplitGoesWithAllBelowItWhereverThatIs) {
    w.map(2, 6, super_page(0), 0);
    w.map(6, 4, super_page(0), 0);
    w.map(6, 4, small_page(5 * page_size), 0x800000);
    w.map(4, 5, small_page(9 * page_size), 0);
    leave(1);
    w.unmap(2, small_page(0), 0);
    EXPECT_FALSE(w.page(6, page_size));
    EXPECT_FALSE(w.page(4, page_size));
    EXPECT_FALSE(w.page(4, 0x800000));
    EXPECT_FALSE(w.page(5, 0));
    w.db.check();
}

TEST_F(Unmap, TheStatusIsThatOfWhatWasTouched) {
    w.map(2, 4, small_page(0), 0);
    w.map(4, 5, small_page(0), 0);
    EXPECT_TRUE(w.db.translate(w.space(5), kern::VAddr{8}, kern::Access::write));
    EXPECT_TRUE(w.db.translate(w.space(2), kern::VAddr{8}, kern::Access::read));
    EXPECT_EQ(w.unmap(4, small_page(0), 0), L4_FP_REFERENCED | L4_FP_DIRTY);
    EXPECT_EQ(w.unmap(4, small_page(0), L4_UNMAP_RESET), L4_FP_REFERENCED | L4_FP_DIRTY);
    EXPECT_EQ(w.unmap(4, small_page(0), 0), 0u);
    EXPECT_EQ(w.unmap(2, small_page(0), L4_FP_ALL_SPACES), L4_FP_REFERENCED);
}

TEST_F(Unmap, ASplitPageKeepsItsNodeUntilItsLastPart) {
    w.map(2, 4, super_page(0), 0);
    const std::uint32_t before = w.space(4).nodes();
    w.unmap(2, l4_fpage(0, 21, 0), L4_FP_FLUSH);
    EXPECT_TRUE(split(4, super_size - page_size));
    EXPECT_EQ(w.space(4).nodes(), before);
    w.unmap(2, l4_fpage(super_size / 2, 21, 0), L4_FP_FLUSH);
    EXPECT_FALSE(w.page(4, super_size - page_size));
    EXPECT_EQ(w.space(4).nodes(), before - 1);
    EXPECT_EQ(w.space(4).frames(), 0u);
}

/// At every moment of a flush somebody else takes a part of the 4 MiB page that it has come to.
TEST_F(Unmap, IsNotMissedByPartsOfAPageThatIsSplitMeanwhile) {
    unsigned moments = 0;
    for (bool through = false; !through; ++moments) {
        w.map(2, 4, super_page(0), 0);
        w.map(4, 5, small_page(page_size), page_size);
        InFrame<kern::UnmapJob> flush(w.desk);
        flush->start(w.space(2), super_page(0), L4_FP_FLUSH);
        kern::Steps some(moments), all(~0u);
        through = w.db.run(*flush, some) == kern::Progress::done;
        w.unmap(4, small_page(3 * page_size), L4_FP_FLUSH | L4_FP_ALL_SPACES);
        EXPECT_EQ(w.db.run(*flush, all), kern::Progress::done);
        w.db.check();
        for (const std::uint32_t part : {0u, 1u, 2u, 4u, 1023u})
            EXPECT_FALSE(w.page(4, part * page_size)) << part << " after " << moments << " steps";
        EXPECT_FALSE(w.page(5, page_size));
    }
    EXPECT_GT(moments, 30u);
}

TEST_F(Unmap, ProtectedPagesStayUntilTheSpaceIsCleared) {
    constexpr kern::VAddr kip{L4_KIP_ADDRESS};
    EXPECT_TRUE(w.db.fix(w.space(4), kip, std::array{kern::PAddr{0x5000}}, kern::Access::read).ok());
    w.unmap(4, everything, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_EQ(w.db.translate(w.space(4), kip, kern::Access::read), kern::PAddr{0x5000});
    EXPECT_FALSE(w.db.translate(w.space(4), kip, kern::Access::write));
    w.map(4, 5, small_page(L4_KIP_ADDRESS), L4_KIP_ADDRESS);
    EXPECT_FALSE(w.received);
    w.db.check();
}

} // namespace
} // namespace test
