// SPDX-License-Identifier: BSD-2-Clause
// Superpages, mapped and granted whole and in parts.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT;
constexpr std::uint32_t page_size = 1u << page, super_size = 1u << super, parts = super_size / page_size;
/// Where a has superpages, and where b and c get them.
constexpr std::uint32_t source = 0x40000000, target = 0x80000000, elsewhere = 0x90000000;
constexpr Right none = Right::none, readable = Right::read, writable = Right::write;

/// Actor a has `count` superpages from sigma0.
struct Superpages : Quartet {
    Superpages() : Quartet(with_superpages()) {}
    sim::Routine<int> supply(User u, std::uint32_t count = 1) {
        for (std::uint32_t n = 0; n < count; ++n) {
            const bool got = co_await get_memory(*this, u, a, first_super + n * super_size,
                                                 source + n * super_size, super);
            EXPECT_TRUE(got);
        }
        co_return 0;
    }
    sim::Routine<Given> send(User u, std::uint32_t fpage, l4_threadid_t to, std::uint32_t window,
                             std::uint32_t base = 0) {
        return give(*this, u, a, base, fpage, to, window);
    }
    Walked walk(l4_threadid_t of, std::uint32_t va) { return system::walk(world(), of, va); }
    /// How many pages of 4 KiB there are in the 4 MiB from `base` on.
    std::uint32_t count(l4_threadid_t of, std::uint32_t base) {
        std::uint32_t n = 0;
        for (std::uint32_t i = 0; i < parts; ++i) {
            const Walked w = walk(of, base + i * page_size);
            n += w.right != none && !w.super ? 1 : 0;
        }
        return n;
    }
    std::uint32_t nodes() { return account(world(), b).nodes(); }
};

TEST(Superpage, IsMappedAsOne) {
    ABI_ROW(superpage_as_one);
    Superpages s;
    Given one, all;
    std::uint32_t before = 0, after_one = 0, after_all = 0;
    s.play([&](User u) -> Program {
        co_await s.supply(u, 4);
        before = s.nodes();
        one = co_await s.send(u, l4_fpage(source + super_size, super, L4_FP_WRITE), b,
                              l4_fpage(target, super, 0));
        after_one = s.nodes();
        all = co_await s.send(u, l4_fpage(source, 24, L4_FP_WRITE), c, L4_FP_WHOLE_SPACE, elsewhere);
        after_all = s.nodes();
        co_await s.store(u, c, elsewhere + 4 * super_size - 4, 1);
    });
    expect(one, dope_mapped);
    expect(all, dope_mapped);
    EXPECT_EQ(after_one - before, 1u);
    EXPECT_EQ(after_all - after_one, 4u);
    EXPECT_TRUE(s.walk(b, target).super);
    EXPECT_TRUE(s.share(a, source + super_size, b, target));
    for (std::uint32_t n = 0; n < 4; ++n) {
        EXPECT_TRUE(s.walk(c, elsewhere + n * super_size).super);
        EXPECT_TRUE(s.share(a, source + n * super_size, c, elsewhere + n * super_size));
    }
}

TEST(Superpage, GivesAPageOfIt) {
    ABI_ROW(superpage_part);
    Superpages s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        given = co_await s.send(u, l4_fpage(source + 7 * page_size, page, L4_FP_WRITE), b,
                                l4_fpage(target, page, 0));
        co_await s.store(u, b, target, 1);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.count(b, target), 1u);
    EXPECT_TRUE(s.is_child(b, target, a, source + 7 * page_size));
    EXPECT_TRUE(s.share(a, source + 7 * page_size, b, target));
    EXPECT_TRUE(s.walk(a, source).super);
}

TEST(Superpage, IsTakenApartForAnUnalignedTarget) {
    ABI_ROW(superpage_unaligned_target);
    Superpages s;
    Given given;
    constexpr std::uint32_t half = super - 1, unaligned = 0x90200000;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        given = co_await s.send(u, l4_fpage(source, half, L4_FP_WRITE), b, l4_fpage(unaligned, half, 0));
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.count(b, unaligned & ~(super_size - 1)), parts / 2);
    for (std::uint32_t n = 0; n < parts / 2; ++n)
        ASSERT_TRUE(s.is_child(b, unaligned + n * page_size, a, source + n * page_size));
}

TEST(Superpage, FillsARegionAroundAPage) {
    ABI_ROW(superpage_into_used_region);
    Superpages s;
    Given given;
    constexpr std::uint32_t taken = target + 5 * page_size;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.store(u, b, taken, 55);
        given = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, super, 0));
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.count(b, target), parts);
    EXPECT_FALSE(s.share(a, source + 5 * page_size, b, taken));
    for (std::uint32_t n = 0; n < parts; ++n)
        ASSERT_EQ(s.is_child(b, target + n * page_size, a, source + n * page_size), n != 5);
}

TEST(Superpage, FillsARegionAroundTheProtectedArea) {
    ABI_ROW(superpage_into_protected_region);
    Superpages s;
    Given given;
    constexpr std::uint32_t region = L4_UTCB_AREA & ~(super_size - 1);
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        given = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(region, super, 0));
    });
    expect(given, dope_mapped);
    const auto is_protected = [](std::uint32_t va) {
        return va - L4_UTCB_AREA < L4_UTCB_AREA_SIZE || va == L4_KIP_ADDRESS;
    };
    for (std::uint32_t n = 0; n < parts; ++n) {
        const std::uint32_t va = region + n * page_size;
        ASSERT_EQ(s.share(a, source + n * page_size, b, va), !is_protected(va)) << std::hex << va;
        ASSERT_EQ(s.is_child(b, va, a, source + n * page_size), !is_protected(va)) << std::hex << va;
    }
}

TEST(Superpage, FillsASmallWindowOnce) {
    ABI_ROW(superpage_into_small_window);
    Superpages s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        given = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, 16, 0));
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.count(b, target), 16u);
    for (std::uint32_t n = 0; n < 16; ++n)
        EXPECT_TRUE(s.share(a, source + n * page_size, b, target + n * page_size));
}

TEST(Superpage, AgainAddsTheRightToWrite) {
    ABI_ROW(superpage_again_adds_right);
    Superpages s;
    Right first{};
    Given again;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.send(u, l4_fpage(source, super, 0), b, l4_fpage(target, super, 0));
        first = s.right(b, target);
        again = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, super, 0));
    });
    EXPECT_EQ(first, readable);
    expect(again, dope_mapped);
    EXPECT_EQ(s.right(b, target), writable);
    EXPECT_TRUE(s.walk(b, target).super);
}

TEST(Superpage, IsNoPlaceForAPage) {
    ABI_ROW(superpage_target_of_page);
    Superpages s;
    Given other_frame, same_frame;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, super, 0));
        co_await s.store(u, a, Quartet::at_a, 1);
        other_frame = co_await s.give_page(u, a, Quartet::at_a, b, target);
        same_frame = co_await s.give_page(u, a, source, b, target);
    });
    expect(other_frame, dope_nothing);
    expect(same_frame, dope_nothing);
    EXPECT_TRUE(s.walk(b, target).super);
}

TEST(Superpage, IsNotMadeOfPages) {
    ABI_ROW(superpage_pages_stay_pages);
    Superpages s;
    constexpr std::uint32_t half = super - 1, half_size = 1u << half;
    Given given;
    s.play([&](User u) -> Program {
        co_await get_memory(s, u, d, first_super, elsewhere, super);
        for (const std::uint32_t at : std::vector<std::uint32_t>{0, half_size})
            co_await give(s, u, d, 0, l4_fpage(elsewhere + at, half, L4_FP_WRITE), a,
                          l4_fpage(source + at, half, 0));
        given = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, super, 0));
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.count(a, source), parts);
    EXPECT_EQ(s.count(b, target), parts);
    for (std::uint32_t n = 0; n < parts; ++n)
        ASSERT_TRUE(s.is_child(b, target + n * page_size, a, source + n * page_size));
}

TEST(Superpage, IsGrantedAsOneWithItsChildren) {
    ABI_ROW(superpage_granted);
    Superpages s;
    Given given;
    constexpr std::uint32_t nine = 9 * page_size;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.send(u, l4_fpage(source + nine, page, L4_FP_WRITE), c, l4_fpage(elsewhere, page, 0));
        given = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE | L4_FP_GRANT), b,
                                l4_fpage(target, super, 0));
    });
    expect(given, dope_mapped);
    EXPECT_TRUE(s.walk(b, target).super);
    EXPECT_EQ(s.right(a, source), none);
    EXPECT_TRUE(s.is_child(c, elsewhere, b, target + nine));
    EXPECT_EQ(s.right(c, elsewhere), writable);
}

TEST(Superpage, IsNotGrantedInParts) {
    ABI_ROW(superpage_part_granted);
    Superpages s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        given = co_await s.give_page(u, a, source, b, target, L4_FP_GRANT | L4_FP_WRITE);
    });
    expect(given, dope_nothing);
    EXPECT_TRUE(s.walk(a, source).super);
    EXPECT_EQ(s.right(b, target), none);
}

TEST(Superpage, OnceSplitGivesPagesButGrantsNone) {
    ABI_ROW(superpage_split_part_mapped);
    Superpages s;
    Given mapped, granted, whole;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.unmap(u, a, l4_fpage(source, page, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
        mapped = co_await s.give_page(u, a, source + page_size, b, target);
        granted = co_await s.give_page(u, a, source + 2 * page_size, b, target + page_size,
                                       L4_FP_GRANT | L4_FP_WRITE);
        whole = co_await s.send(u, l4_fpage(source, super, L4_FP_WRITE), c, l4_fpage(elsewhere, super, 0));
    });
    expect(mapped, dope_mapped);
    expect(granted, dope_nothing);
    EXPECT_TRUE(s.is_child(b, target, a, source + page_size));
    EXPECT_EQ(s.right(b, target + page_size), none);
    EXPECT_EQ(s.right(a, source), none);
    EXPECT_EQ(s.right(a, source + 2 * page_size), writable);
    expect(whole, dope_mapped);
    EXPECT_EQ(s.count(c, elsewhere), parts - 1);
}

} // namespace
} // namespace conformance::system
