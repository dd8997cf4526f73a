// SPDX-License-Identifier: BSD-2-Clause
// Superpages, unmapped whole and in parts.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT;
constexpr std::uint32_t page_size = 1u << page, parts = 1u << (super - page);
constexpr std::uint32_t source = 0x40000000, target = 0x80000000, elsewhere = 0x90000000;
constexpr std::uint32_t flush_all = L4_FP_FLUSH | L4_FP_ALL_SPACES;
constexpr Right none = Right::none, readable = Right::read, writable = Right::write;
/// The part that the rows unmap.
constexpr std::uint32_t offset = 7 * page_size, part = source + offset;

/// Actor a has a superpage.
struct Superpage : Stage {
    explicit Superpage(const sim::Spawn& of_b = {.task = 6}) : Stage(with_superpages()) {
        Stage::spawn(5);
        Stage::spawn(of_b);
        Stage::spawn(7);
    }
    sim::Routine<bool> supply(User u) { return get_memory(*this, u, a, first_super, source, super); }
    /// b gets all of it.
    sim::Routine<Given> share(User u) {
        return give(*this, u, a, 0, l4_fpage(source, super, L4_FP_WRITE), b, l4_fpage(target, super, 0));
    }
    /// `to` gets the `n`-th page of it.
    sim::Routine<Given> give_part(User u, std::uint32_t n, l4_threadid_t to) {
        const std::uint32_t at = n * page_size;
        return give(*this, u, a, 0, l4_fpage(source + at, page, L4_FP_WRITE), to,
                    l4_fpage(elsewhere + at, page, 0));
    }
    sim::Routine<sim::UnmapResult> unmap(User u, std::uint32_t fpage, std::uint32_t mask) {
        return call(u, a, sim::Unmap{.fpage = fpage, .mask = mask});
    }
    Walked walk(l4_threadid_t of, std::uint32_t va) { return system::walk(world(), of, va); }
    /// All parts but the seventh have that right, and are the superpage's frames still.
    void expect_others(l4_threadid_t of, std::uint32_t base, Right right) {
        for (std::uint32_t n = 0; n < parts; ++n) {
            const Walked w = walk(of, base + n * page_size);
            if (n * page_size == offset) continue;
            ASSERT_EQ(w.right, right) << n;
            ASSERT_EQ(w.physical, first_super + n * page_size) << n;
        }
    }
};

TEST(Unmap, TakesAWholeSuperpage) {
    ABI_ROW(unmap_superpage_whole);
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.share(u);
        for (const std::uint32_t n : std::vector<std::uint32_t>{0, 5, 1023}) co_await s.give_part(u, n, c);
        co_await s.unmap(u, l4_fpage(source, super, 0), L4_FP_FLUSH);
    });
    for (std::uint32_t n = 0; n < parts; ++n) {
        ASSERT_EQ(s.walk(b, target + n * page_size).right, none);
        ASSERT_EQ(s.walk(c, elsewhere + n * page_size).right, none);
    }
    EXPECT_TRUE(s.walk(a, source).super);
    EXPECT_EQ(s.walk(a, source).right, writable);
}

TEST(Unmap, TakesAPageOfASuperpageFromOthers) {
    ABI_ROW(unmap_superpage_part_of_pages);
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        for (const std::uint32_t n : std::vector<std::uint32_t>{6, 7, 8}) co_await s.give_part(u, n, b);
        co_await s.unmap(u, l4_fpage(part, page, 0), L4_FP_FLUSH);
    });
    EXPECT_EQ(s.walk(b, elsewhere + 6 * page_size).right, writable);
    EXPECT_EQ(s.walk(b, elsewhere + 7 * page_size).right, none);
    EXPECT_EQ(s.walk(b, elsewhere + 8 * page_size).right, writable);
    EXPECT_TRUE(s.walk(a, source).super);
}

TEST(Unmap, SplitsTheCallersSuperpage) {
    ABI_ROW(unmap_splits_own_superpage);
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.store(u, a, part, 1);
        co_await s.unmap(u, l4_fpage(part, page, 0), flush_all);
    });
    EXPECT_EQ(s.walk(a, part).right, none);
    s.expect_others(a, source, writable);
}

TEST(Unmap, SplitsAChildsSuperpage) {
    ABI_ROW(unmap_splits_childs_superpage);
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.share(u);
        co_await s.load(u, b, target + offset);
        co_await s.unmap(u, l4_fpage(part, page, 0), L4_FP_FLUSH);
    });
    EXPECT_EQ(s.walk(b, target + offset).right, none);
    s.expect_others(b, target, writable);
    EXPECT_TRUE(s.walk(a, source).super);
}

TEST(Unmap, SplitsToMakeAPartReadOnly) {
    ABI_ROW(unmap_splits_for_read_only);
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.share(u);
        co_await s.unmap(u, l4_fpage(part, page, 0), 0);
    });
    EXPECT_EQ(s.walk(b, target + offset).right, readable);
    s.expect_others(b, target, writable);
    EXPECT_EQ(s.walk(a, part).right, writable);
}

TEST(Unmap, WithoutMemoryToSplitTakesTheWholeSuperpage) {
    ABI_ROW(unmap_split_without_memory);
    // b's account: the task, a slab of mapping nodes, a fan-out, and one frame too few for a table.
    Superpage s({.task = 6, .quota = L4_KMEM_TASK + 1 + 1 + L4_KMEM_FANOUT + L4_KMEM_TABLE - 1});
    Right before{};
    std::uint32_t left = 0;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await s.share(u);
        co_await give(s, u, b, 0, l4_fpage(target, page, 0), c, l4_fpage(elsewhere, page, 0));
        before = s.walk(c, elsewhere).right;
        left = co_await free_frames(s, u, b);
        co_await s.unmap(u, l4_fpage(part, page, 0), L4_FP_FLUSH);
    });
    EXPECT_EQ(left, L4_KMEM_TABLE - 1);
    EXPECT_EQ(before, readable);
    for (std::uint32_t n = 0; n < parts; ++n) ASSERT_EQ(s.walk(b, target + n * page_size).right, none);
    EXPECT_EQ(s.walk(c, elsewhere).right, none);
    EXPECT_TRUE(s.walk(a, source).super);
}

TEST(Unmap, SplitsEvenWhenItChangesNothing) {
    Superpage s;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await give(s, u, a, 0, l4_fpage(source, super, 0), b, l4_fpage(target, super, 0));
        co_await s.unmap(u, l4_fpage(part, page, 0), 0);
    });
    EXPECT_FALSE(s.walk(b, target).super);
    EXPECT_EQ(s.walk(b, target + offset).right, readable);
    s.expect_others(b, target, readable);
}

TEST(Unmap, TakesASplitSuperpageAwayWithItsLastPart) {
    Superpage s;
    std::uint32_t before = 0, split = 0, after = 0;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        before = account(s.world(), a).used();
        co_await s.unmap(u, l4_fpage(source, page, 0), flush_all);
        split = account(s.world(), a).used();
        for (std::uint32_t n = 0; n < 10; ++n)
            co_await s.unmap(u, l4_fpage(source + (page_size << n), page + n, 0), flush_all);
        after = account(s.world(), a).used();
    });
    EXPECT_EQ(split - before, L4_KMEM_TABLE);
    for (std::uint32_t n = 0; n < parts; ++n) ASSERT_EQ(s.walk(a, source + n * page_size).right, none);
    EXPECT_FALSE(system::page(s.world(), a, source));
    EXPECT_LE(after, before); // its fan-out goes too
}

} // namespace
} // namespace conformance::system
