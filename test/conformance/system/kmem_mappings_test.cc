// SPDX-License-Identifier: BSD-2-Clause
// What mappings cost, and who pays.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT;
constexpr std::uint32_t task_price = L4_KMEM_TASK + 1;
constexpr std::uint32_t source = 0x40000000, target = 0x80000000;

std::uint32_t at(std::uint32_t base, std::uint32_t n) { return base + (n << page); }

/// Actor a has superpages at `source`, of which it gives pages to b, who has an account of its own.
struct Supplier {
    explicit Supplier(std::uint32_t quota, Stage::Checked checked = Stage::Checked::yes)
        : s(with_superpages(), checked) {
        s.spawn(5);
        s.spawn({.task = 6, .quota = quota});
    }
    sim::Routine<bool> supply(User u) { return get_memory(s, u, a, first_super, source, super); }
    sim::Routine<Given> give_pages(User u, std::uint32_t first, std::uint32_t log2) {
        return give(s, u, a, at(target, first), l4_fpage(at(source, first), log2, L4_FP_WRITE), b,
                    l4_fpage(at(target, first), log2, 0));
    }
    sim::Routine<std::uint32_t> left(User u) { return free_frames(s, u, b); }
    Stage s;
};

TEST(KernelMemory, APageTableIsPaidOncePerRegionAndComesBack) {
    ABI_ROW(kmem_page_table);
    Supplier x(50);
    std::vector<std::uint32_t> left;
    x.s.play([&](User u) -> Program {
        co_await x.supply(u);
        left.push_back(co_await x.left(u));
        co_await x.give_pages(u, 0, page);
        left.push_back(co_await x.left(u));
        co_await x.give_pages(u, 1, page);
        left.push_back(co_await x.left(u));
        co_await x.s.call(u, a, sim::Unmap{.fpage = l4_fpage(source, super, 0), .mask = L4_FP_FLUSH});
        left.push_back(co_await x.left(u));
        co_await x.give_pages(u, 0, super);
        left.push_back(co_await x.left(u));
    });
    const std::uint32_t empty = 50 - task_price, slab = 1;
    EXPECT_EQ(left, (std::vector<std::uint32_t>{empty, empty - slab - L4_KMEM_TABLE,
                                                empty - slab - L4_KMEM_TABLE, empty - slab, empty - slab}));
    EXPECT_TRUE(walk(x.s.world(), b, target).super);
}

TEST(KernelMemory, ASlabOfMappingNodesIsPaidWhenTheLastIsFull) {
    ABI_ROW(kmem_node_slab);
    Supplier x(50);
    std::vector<std::uint32_t> paid, nodes;
    x.s.play([&](User u) -> Program {
        co_await x.supply(u);
        co_await x.give_pages(u, 0, page);
        const std::uint32_t before = co_await x.left(u);
        // To 127 pages; one more; to 256 and 512.
        for (const std::uint32_t log2 : std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 0, 7, 8}) {
            co_await x.give_pages(u, 1u << log2, page + log2);
            nodes.push_back(account(x.s.world(), b).nodes());
            const std::uint32_t now = co_await x.left(u);
            paid.push_back(before - now);
        }
    });
    EXPECT_EQ(nodes, (std::vector<std::uint32_t>{3, 7, 15, 31, 63, 127, 128, 256, 512}));
    EXPECT_EQ(paid, (std::vector<std::uint32_t>{0, 0, 0, 0, 0, 0, 1, 2, 4}));
}

TEST(KernelMemory, AFanOutIsPaidByTheOwnerOfTheSuperpageOnce) {
    ABI_ROW(kmem_fanout);
    Stage s(with_superpages());
    s.spawn({.task = 5, .quota = 50});
    s.spawn(6);
    std::vector<std::uint32_t> left;
    s.play([&](User u) -> Program {
        co_await get_memory(s, u, a, first_super, source, super);
        left.push_back(co_await free_frames(s, u, a));
        for (const std::uint32_t n : std::vector<std::uint32_t>{3, 4}) {
            co_await give(s, u, a, 0, l4_fpage(at(source, n), page, 0), b, l4_fpage(at(target, n), page, 0));
            left.push_back(co_await free_frames(s, u, a));
        }
    });
    const std::uint32_t before = 50 - task_price - 1;
    EXPECT_EQ(left, (std::vector<std::uint32_t>{before, before - L4_KMEM_FANOUT, before - L4_KMEM_FANOUT}));
}

TEST(KernelMemory, WithoutAFrameForTheFanOutNothingIsMapped) {
    ABI_ROW(kmem_fanout_no_memory);
    Stage s(with_superpages());
    s.spawn({.task = 5, .quota = task_price + 1});
    s.spawn({.task = 6, .quota = 50});
    std::uint32_t left_of_a = 1, before = 0, after = 1;
    Given given;
    s.play([&](User u) -> Program {
        co_await get_memory(s, u, a, first_super, source, super);
        left_of_a = co_await free_frames(s, u, a);
        before = co_await free_frames(s, u, b);
        given = co_await give(s, u, a, 0, l4_fpage(source, page, 0), b, l4_fpage(target, page, 0));
        after = co_await free_frames(s, u, b);
    });
    EXPECT_EQ(left_of_a, 0u);
    EXPECT_EQ(given.sent.dope, L4_IPC_SEMAPFAILED);
    EXPECT_EQ(given.received.error(), L4_IPC_REMAPFAILED);
    EXPECT_EQ(right(s.world(), b, target), Right::none);
    EXPECT_EQ(after, before);
}

TEST(KernelMemory, TheFirstPortCostsABitmapUntilTheLastIsGone) {
    ABI_ROW(kmem_io_bitmap);
    Stage s;
    s.spawn({.task = 5, .quota = 50});
    std::vector<std::uint32_t> left;
    s.play([&](User u) -> Program {
        left.push_back(co_await free_frames(s, u, a));
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 0, 0));
        left.push_back(co_await free_frames(s, u, a));
        co_await get_ports(s, u, a, l4_io_fpage(0x64, 0, 0));
        left.push_back(co_await free_frames(s, u, a));
        const std::uint32_t all = L4_FP_FLUSH | L4_FP_ALL_SPACES;
        co_await s.call(u, a, sim::Unmap{.fpage = l4_io_fpage(0x64, 0, 0), .mask = all});
        left.push_back(co_await free_frames(s, u, a));
        co_await s.call(u, a, sim::Unmap{.fpage = L4_FP_IO_WHOLE, .mask = all});
        left.push_back(co_await free_frames(s, u, a));
    });
    const std::uint32_t empty = 50 - task_price, paid = empty - L4_KMEM_IO_BITMAP;
    EXPECT_EQ(left, (std::vector<std::uint32_t>{empty, paid, paid, paid, empty}));
}

TEST(KernelMemory, WithoutFramesForABitmapThereIsNoPort) {
    ABI_ROW(kmem_io_bitmap_no_memory);
    Stage s;
    s.spawn(5);
    s.spawn({.task = 6, .quota = task_price + L4_KMEM_IO_BITMAP - 1});
    Given given;
    std::uint32_t left = 0;
    bool has = true;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 0, 0));
        given = co_await give(s, u, a, 0, l4_io_fpage(0x60, 0, 0), b, L4_FP_IO_WHOLE);
        left = co_await free_frames(s, u, b);
        has = co_await has_port(s, u, b, 0x60);
    });
    EXPECT_EQ(given.sent.dope, L4_IPC_SEMAPFAILED);
    EXPECT_EQ(given.received.error(), L4_IPC_REMAPFAILED);
    EXPECT_EQ(left, L4_KMEM_IO_BITMAP - 1);
    EXPECT_FALSE(has);
}

TEST(KernelMemory, OfMappingsIsPaidByTheReceiver) {
    ABI_ROW(kmem_receiver_pays);
    Stage s(with_superpages());
    for (const std::uint16_t task : {5, 6}) s.spawn({.task = task, .quota = 50});
    std::vector<std::uint32_t> giver, receiver;
    s.play([&](User u) -> Program {
        for (std::uint32_t n = 0; n < 8; ++n) co_await s.store(u, a, at(source, n), n);
        for (int i = 0; i < 2; ++i) {
            giver.push_back(co_await free_frames(s, u, a));
            receiver.push_back(co_await free_frames(s, u, b));
            co_await give(s, u, a, 0, l4_fpage(source, page + 3, 0), b, l4_fpage(target, page + 3, 0));
        }
    });
    EXPECT_EQ(giver[1], giver[0]);
    EXPECT_EQ(receiver[1], receiver[0] - L4_KMEM_TABLE - 1);
}

} // namespace
} // namespace conformance::system
