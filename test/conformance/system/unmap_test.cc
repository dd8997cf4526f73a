// SPDX-License-Identifier: BSD-2-Clause
// fpage_unmap: what it takes from whom.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "l4/abi/exception.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b, at_c = Quartet::at_c,
                        at_d = Quartet::at_d;
constexpr std::uint32_t flush_all = L4_FP_FLUSH | L4_FP_ALL_SPACES;
using Rights = std::vector<Right>;
constexpr Right none = Right::none, readable = Right::read, writable = Right::write;

std::uint32_t only_page(std::uint32_t at) { return l4_fpage(at, page, 0); }

/// The usual pages, and where root keeps that of d.
struct Pages : Quartet {
    Rights rights() { return {right(a, at_a), right(b, at_b), right(c, at_c), right(d, at_d)}; }
};

/// d maps to a, a to b and to c; then a unmaps with that mask.  Rights of a, b, c and d.
Rights after_unmap_of_siblings(std::uint32_t mask) {
    Pages s;
    Rights before;
    s.play([&](User u) -> Program {
        co_await s.store(u, d, at_d, 1);
        co_await s.give_page(u, d, at_d, a, at_a);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, a, at_a, c, at_c);
        before = s.rights();
        co_await s.unmap(u, a, only_page(at_a), mask);
    });
    EXPECT_EQ(before, (Rights{writable, writable, writable, writable}));
    return s.rights();
}

TEST(Unmap, FlushTakesThePageFromOthers) {
    ABI_ROW(unmap_flush_others);
    EXPECT_EQ(after_unmap_of_siblings(L4_FP_FLUSH), (Rights{writable, none, none, writable}));
}

TEST(Unmap, FlushOfAllTakesTheCallersPageToo) {
    ABI_ROW(unmap_flush_all);
    EXPECT_EQ(after_unmap_of_siblings(flush_all), (Rights{none, none, none, writable}));
}

TEST(Unmap, WithoutFlushMakesOthersReadOnly) {
    ABI_ROW(unmap_read_only_others);
    EXPECT_EQ(after_unmap_of_siblings(0), (Rights{writable, readable, readable, writable}));
}

TEST(Unmap, WithoutFlushOfAllMakesTheCallerReadOnlyToo) {
    ABI_ROW(unmap_read_only_all);
    EXPECT_EQ(after_unmap_of_siblings(L4_FP_ALL_SPACES), (Rights{readable, readable, readable, writable}));
    Pages s;
    s.play([&](User u) -> Program {
        co_await s.store(u, d, at_d, 1);
        co_await s.give_page(u, d, at_d, a, at_a);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.unmap(u, a, only_page(at_a), L4_FP_ALL_SPACES);
        co_await s.give_page(u, a, at_a, b, at_b);
    });
    EXPECT_EQ(s.right(b, at_b), readable);
}

TEST(Unmap, ReachesEverybodyBelow) {
    ABI_ROW(unmap_is_recursive);
    Pages s;
    Rights read_only, flushed;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, b, at_b, c, at_c);
        co_await s.give_page(u, c, at_c, d, at_d);
        co_await s.unmap(u, a, only_page(at_a), 0);
        read_only = s.rights();
        co_await s.unmap(u, a, only_page(at_a), L4_FP_FLUSH);
        flushed = s.rights();
    });
    EXPECT_EQ(read_only, (Rights{writable, readable, readable, readable}));
    EXPECT_EQ(flushed, (Rights{writable, none, none, none}));
}

TEST(Unmap, ReachesNobodyBesideOrAbove) {
    ABI_ROW(unmap_only_below_the_caller);
    Pages s;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, b, at_b, c, at_c);
        co_await s.give_page(u, a, at_a, d, at_d);
        co_await s.unmap(u, b, only_page(at_b), flush_all);
    });
    EXPECT_EQ(s.rights(), (Rights{writable, none, none, writable}));
}

TEST(Unmap, TakesPagesOfTheRangeOnly) {
    ABI_ROW(unmap_range);
    Pages s;
    std::vector<std::uint32_t> left;
    s.play([&](User u) -> Program {
        for (std::uint32_t n = 0; n < 8; ++n) co_await s.store(u, a, at_a + (n + 2) * page_size, n);
        co_await give(s, u, a, at_b, l4_fpage(at_a, page + 4, L4_FP_WRITE), b, l4_fpage(at_b, page + 4, 0));
        co_await s.unmap(u, a, l4_fpage(at_a + 4 * page_size, page + 2, 0), L4_FP_FLUSH);
    });
    for (std::uint32_t n = 0; n < 16; ++n)
        if (s.right(b, at_b + n * page_size) != none) left.push_back(n);
    EXPECT_EQ(left, (std::vector<std::uint32_t>{2, 3, 8, 9}));
}

TEST(Unmap, TakesAllOfTheWholeSpace) {
    ABI_ROW(unmap_whole_space);
    Pages s;
    const std::vector<std::uint32_t> places{0x1000, at_a, 0x12345000, L4_UTCB_AREA - page_size,
                                            L4_USER_TOP - page_size};
    const auto count = [&](l4_threadid_t of) {
        unsigned n = 0;
        for (const std::uint32_t at : places) n += s.right(of, at) == none ? 0 : 1;
        return n;
    };
    std::vector<unsigned> counts;
    Walked protected_before, protected_after;
    s.play([&](User u) -> Program {
        for (const std::uint32_t at : places) {
            co_await s.store(u, a, at, 1);
            co_await s.give_page(u, a, at, b, at);
        }
        protected_before = walk(s.world(), a, L4_KIP_ADDRESS);
        counts.push_back(count(b));
        co_await s.unmap(u, a, L4_FP_WHOLE_SPACE, L4_FP_FLUSH);
        counts.push_back(count(b));
        counts.push_back(count(a));
        co_await s.unmap(u, a, L4_FP_WHOLE_SPACE, flush_all);
        counts.push_back(count(a));
        protected_after = walk(s.world(), a, L4_KIP_ADDRESS);
    });
    EXPECT_EQ(counts, (std::vector<unsigned>{5, 0, 5, 0}));
    EXPECT_EQ(protected_after.right, protected_before.right);
    EXPECT_EQ(protected_after.physical, protected_before.physical);
}

TEST(Unmap, NamesTheCallersAddresses) {
    ABI_ROW(unmap_other_address);
    Pages s;
    Right after_wrong{};
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.unmap(u, a, only_page(at_b), flush_all);
        after_wrong = s.right(b, at_b);
        co_await s.unmap(u, a, only_page(at_a), L4_FP_FLUSH);
    });
    EXPECT_EQ(after_wrong, writable);
    EXPECT_EQ(s.right(b, at_b), none);
    EXPECT_EQ(s.right(a, at_a), writable);
}

TEST(Unmap, OfNothingDoesNothing) {
    ABI_ROW(unmap_nothing);
    Pages s;
    const std::vector<std::uint32_t> nothings{
        only_page(at_d),       l4_fpage(at_a, 0, 0),  l4_fpage(at_a, 1, 0),   l4_fpage(at_a, 11, 0),
        l4_fpage(at_a, 33, 0), l4_fpage(at_a, 63, 0), only_page(L4_USER_TOP), only_page(0xfffff000u)};
    std::vector<std::uint32_t> status;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.store(u, b, at_b, 1);
        for (const std::uint32_t fpage : nothings) {
            const sim::UnmapResult r = co_await s.unmap(u, a, fpage, flush_all);
            status.push_back(r.status);
        }
    });
    EXPECT_EQ(status, std::vector<std::uint32_t>(nothings.size(), 0));
    EXPECT_EQ(s.right(a, at_a), writable);
    EXPECT_EQ(s.right(b, at_b), writable);
}

TEST(Unmap, LeavesTheProtectedAreaAlone) {
    ABI_ROW(unmap_protected_area);
    Pages s;
    for (const std::uint32_t at : {L4_UTCB_AREA, L4_KIP_ADDRESS}) {
        const Walked before = walk(s.world(), root, at);
        sim::UnmapResult r{.status = ~0u};
        s.play([&](User u) -> Program {
            r = co_await u(sim::Unmap{.fpage = only_page(at), .mask = flush_all});
        });
        EXPECT_EQ(r.status, 0u);
        EXPECT_EQ(walk(s.world(), root, at).right, before.right);
        EXPECT_EQ(walk(s.world(), root, at).physical, before.physical);
    }
}

TEST(Unmap, LeavesNoStaleTranslation) {
    Stage s;
    s.spawn({.task = 5, .pager = c});
    s.spawn(6);
    s.spawn(7);
    sim::IpcResult read_only, gone;
    s.play([&](User u) -> Program {
        co_await s.store(u, b, at_b, 1);
        co_await give(s, u, b, 0, only_page(at_b) | L4_FP_WRITE, a, only_page(at_a));
        co_await s.store(u, a, at_a, 2);
        // The caller's own page, while it runs: nobody activates another space in between.
        co_await s.call(u, a, sim::Unmap{.fpage = only_page(at_a), .mask = L4_FP_ALL_SPACES});
        Stage::Ticket pager = co_await s.begin(u, c, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.begin_store(u, a, at_a, 3);
        co_await settle(u);
        read_only = s.result<sim::Ipc>(pager);
        co_await s.call(u, b, sim::Unmap{.fpage = only_page(at_b), .mask = L4_FP_FLUSH});
        co_await s.begin(u, c, sim::Ipc{.partner = a, .send = 0, .receive = 0});
        co_await settle(u);
        gone = s.result<sim::Ipc>(pager + 3);
    });
    EXPECT_EQ(read_only.w0, at_a | L4_PF_PRESENT | L4_PF_WRITE);
    EXPECT_EQ(gone.w0, at_a | L4_PF_WRITE);
}

/// A chain of `depth` pages below a's, through b and a in turn.
sim::Routine<int> make_chain(Quartet& s, User u, std::uint32_t depth) {
    l4_threadid_t from = a, to = b;
    std::uint32_t at = at_a;
    for (std::uint32_t n = 1; n <= depth; ++n) {
        co_await s.give_page(u, from, at, to, at_a + n * page_size);
        at = at_a + n * page_size;
        std::swap(from, to);
    }
    co_return 0;
}

/// `width` children of a's page, in b.
sim::Routine<int> make_fan(Quartet& s, User u, std::uint32_t width) {
    for (std::uint32_t n = 1; n <= width; ++n) co_await s.give_page(u, a, at_a, b, at_a + n * page_size);
    co_return 0;
}

TEST(Unmap, OfALargeTreeTakesABoundedNumberOfStepsPerEntry) {
    ABI_ROW(unmap_large_tree);
    constexpr std::uint32_t count = 1000;
    for (const bool deep : {true, false}) {
        Quartet s({}, Stage::Checked::no);
        std::uint64_t events = 0;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            if (deep)
                co_await make_chain(s, u, count);
            else
                co_await make_fan(s, u, count);
            s.world().kernel().check_invariants();
            EXPECT_NE(right(s.world(), deep && count % 2 == 0 ? a : b, at_a + count * page_size), none);
            events = s.world().events();
            co_await s.unmap(u, a, only_page(at_a), L4_FP_FLUSH);
            events = s.world().events() - events;
        });
        EXPECT_GE(events * limits.pages, count);
        EXPECT_EQ(s.right(a, at_a), writable);
        for (std::uint32_t n = 1; n <= count; ++n)
            for (const l4_threadid_t who : {a, b}) ASSERT_EQ(s.right(who, at_a + n * page_size), none) << n;
    }
}

} // namespace
} // namespace conformance::system
