// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <string>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

constexpr std::uint32_t rw = L4_FP_WRITE, page_size = 4096, super_size = 1u << 22;
constexpr std::uint32_t super_page(std::uint32_t va) { return l4_fpage(va, 22, rw); }
constexpr std::uint32_t small_page(std::uint32_t va) { return l4_fpage(va, 12, rw); }

class Map : public ::testing::Test {
protected:
    Map() {
        for (std::uint16_t n : {2, 4, 5}) {
            w.open_account(n, 100);
            w.open_space(n, n);
        }
        EXPECT_TRUE(w.fault(2, 0));
    }
    ~Map() override { w.close_all(); }
    void TearDown() override { w.db.check(); }
    MemoryWorld w;
};

TEST_F(Map, Sigma0GetsWhatIsNotTheKernels) {
    EXPECT_TRUE(w.page(2, 5 * page_size)->super);
    const std::uint32_t kernel = w.pool.begin().raw();
    EXPECT_FALSE(w.fault(2, kernel));
    EXPECT_FALSE(w.fault(2, w.pool.end().raw() - 1));
    EXPECT_TRUE(w.fault(2, kernel - page_size));
    EXPECT_TRUE(w.fault(2, w.pool.end().raw()));
    EXPECT_FALSE(w.fault(2, L4_KIP_ADDRESS));
    EXPECT_FALSE(w.fault(2, L4_USER_TOP));
    EXPECT_TRUE(w.fault(2, 0xbfc00000));
    EXPECT_FALSE(w.page(2, 0xbfc00000)->super);
}

TEST_F(Map, Sigma0GetsItsRightsAndPartsBack) {
    w.unmap(2, small_page(0), L4_FP_ALL_SPACES);
    EXPECT_TRUE(w.page(2, 0)->split && !w.page(2, 0)->writable);
    EXPECT_TRUE(w.fault(2, 0));
    EXPECT_TRUE(w.page(2, 0)->writable);
    w.unmap(2, small_page(0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_FALSE(w.page(2, 0));
    EXPECT_TRUE(w.fault(2, 0));
    EXPECT_EQ(w.page(2, 0)->frame.raw(), 0u);
    w.map(2, 4, small_page(page_size), 0x800000);
    w.map(4, 2, small_page(0x800000), 0x800000);
    EXPECT_FALSE(w.fault(2, 0x800000)) << "not one to one";
}

TEST_F(Map, AWholeSuperpageNeedsNoTable) {
    w.map(2, 4, super_page(0), 0);
    EXPECT_TRUE(w.received);
    EXPECT_TRUE(w.page(4, 0)->super);
    EXPECT_EQ(w.space(4).frames(), 0u);
    EXPECT_EQ(w.space(2).frames(), 0u);
}

TEST_F(Map, PartsCostTheOwnerAFanOutAndTheReceiverATable) {
    w.map(2, 4, small_page(3 * page_size), 0);
    EXPECT_EQ(w.space(2).frames(), L4_KMEM_FANOUT);
    EXPECT_EQ(w.space(4).frames(), L4_KMEM_TABLE);
    EXPECT_EQ(w.page(4, 0)->parent_va.raw(), 3 * page_size);
    w.unmap(2, super_page(0), L4_FP_FLUSH);
    EXPECT_EQ(w.space(4).frames(), 0u);
    EXPECT_EQ(w.space(2).frames(), L4_KMEM_FANOUT) << "it goes with its page";
    w.unmap(2, super_page(0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_EQ(w.space(2).frames(), 0u);
}

TEST_F(Map, MappingTheSamePageAgainAddsTheWriteRight) {
    w.map(2, 4, l4_fpage(0, 12, 0), 0);
    EXPECT_FALSE(w.page(4, 0)->writable);
    w.map(2, 4, small_page(0), 0);
    EXPECT_TRUE(w.received && w.page(4, 0)->writable);
    w.map(2, 4, l4_fpage(0, 12, 0), 0);
    EXPECT_TRUE(w.received && w.page(4, 0)->writable);
    w.map(2, 4, small_page(page_size), 0);
    EXPECT_FALSE(w.received) << "another page is there";
}

TEST_F(Map, APageOfAnotherParentIsNotTouched) {
    w.map(2, 4, small_page(0), 0);
    w.map(2, 5, l4_fpage(0, 12, 0), 0);
    w.map(4, 5, small_page(0), 0);
    EXPECT_FALSE(w.received);
    EXPECT_FALSE(w.page(5, 0)->writable);
}

TEST_F(Map, AGrantMovesThePageWithWhatWasMappedFromIt) {
    w.map(2, 4, small_page(0), 0);
    w.map(4, 5, small_page(0), 0);
    w.map(4, 5, small_page(0) | L4_FP_GRANT, 0x7000);
    EXPECT_FALSE(w.page(4, 0));
    EXPECT_EQ(w.page(5, 0)->parent, kern::TaskNo{5});
    EXPECT_EQ(w.page(5, 0)->parent_va.raw(), 0x7000u);
    EXPECT_EQ(w.page(5, 0x7000)->parent, kern::TaskNo{2});
    w.map(5, 5, small_page(0x7000), 0);
    EXPECT_TRUE(w.received) << "still the child of the same page";
    EXPECT_EQ(w.space(4).frames(), 0u);
    EXPECT_EQ(w.space(4).nodes(), 0u);
}

TEST_F(Map, AGrantedSuperpageTakesItsFanOutAlong) {
    w.map(2, 4, super_page(0), 0);
    w.map(4, 5, small_page(0), 0x7000);
    w.map(4, 5, super_page(0) | L4_FP_GRANT, super_size);
    EXPECT_EQ(w.space(4).frames(), 0u);
    EXPECT_EQ(w.page(5, 0x7000)->parent_va.raw(), super_size);
    w.unmap(5, super_page(super_size), L4_FP_FLUSH);
    EXPECT_FALSE(w.page(5, 0x7000));
}

TEST_F(Map, ASmallWindowWraps) {
    w.map(2, 4, l4_fpage(0, 14, rw), 0, l4_fpage(0x10000, 13, 0));
    EXPECT_EQ(w.page(4, 0x10000)->frame.raw(), 0u);
    EXPECT_EQ(w.page(4, 0x11000)->frame.raw(), page_size);
    EXPECT_FALSE(w.page(4, 0x12000));
}

TEST_F(Map, TheHotSpotPicksTheWindowsPart) {
    w.map(2, 4, small_page(0), 0xabcddf12, l4_fpage(0x40000, 16, 0));
    EXPECT_TRUE(w.page(4, 0x4d000));
    w.map(2, 4, l4_fpage(0, 13, rw), 0xabcdef12, l4_fpage(0x40000, 16, 0));
    EXPECT_TRUE(w.page(4, 0x4e000) && w.page(4, 0x4f000));
}

TEST_F(Map, TheDeepestChainEndsWithoutMemory) {
    // Within one space: each page is mapped from the one before.
    w.open_account(9, 1200);
    w.open_space(9, 9);
    w.map(2, 9, small_page(0), 0);
    std::uint32_t depth = 1;
    while (w.map(9, 9, small_page((depth - 1) * page_size), depth * page_size) == kern::Progress::done)
        ++depth;
    EXPECT_EQ(depth, 65535u);
    EXPECT_EQ(w.unmap(2, small_page(0), L4_FP_FLUSH, 32), 0u);
    EXPECT_EQ(w.space(9).nodes(), 0u);
}

/// Something of everything.  False: an allocation failed.
bool scenario(MemoryWorld& w) {
    using kern::Progress;
    bool ok = w.fault(2, 0x800000);
    ok &= w.map(2, 4, super_page(0x800000), 0) != Progress::no_memory;
    ok &= w.map(4, 5, l4_fpage(0, 13, rw), 0) != Progress::no_memory;
    ok &= w.map(4, 5, super_page(0) | L4_FP_GRANT, super_size) != Progress::no_memory;
    ok &= w.map(5, 4, small_page(0) | L4_FP_GRANT, 0x7000) != Progress::no_memory;
    w.unmap(2, small_page(0x800000), L4_FP_FLUSH);
    ok &= w.db.give_all_ports(w.space(2)).ok();
    ok &= w.map(2, 4, l4_io_fpage(0x60, 2, 0), 0) != Progress::no_memory;
    ok &= w.map(4, 5, l4_io_fpage(0x60, 1, 0) | L4_FP_GRANT, 0) != Progress::no_memory;
    w.db.activate(w.space(4));
    ok &= w.db.fix(w.space(5), kern::VAddr{L4_KIP_ADDRESS}, std::array{kern::PAddr{0}}, kern::Access::read)
              .ok();
    return ok;
}

TEST(AllocationFailure, LeavesNothingBehind) {
    bool failed = true;
    for (std::uint32_t k = 1; failed; ++k) {
        SCOPED_TRACE("allocation " + std::to_string(k));
        MemoryWorld w;
        for (std::uint16_t n : {2, 4, 5}) {
            w.open_account(n, 100);
            w.open_space(n, n);
        }
        w.pool.fail_at(k);
        failed = !scenario(w);
        w.pool.fail_at(0);
        w.db.check();
        w.close_all();
        EXPECT_EQ(w.pool.used(), 2u) << "the idle space's";
        ASSERT_LT(k, 200u);
    }
}

} // namespace
} // namespace test
