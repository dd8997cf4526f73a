// SPDX-License-Identifier: BSD-2-Clause
// Pages are mapped from one space to another.
#include <gtest/gtest.h>

#include <vector>

#include "l4/abi/exception.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b, at_c = Quartet::at_c,
                        at_d = Quartet::at_d;

TEST(Map, APageIsWrittenByBoth) {
    ABI_ROW(map_writable);
    Quartet s;
    Given given;
    std::uint32_t from_a = 0, from_b = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        given = co_await s.give_page(u, a, at_a, b, at_b);
        from_a = co_await s.load(u, b, at_b);
        co_await s.store(u, b, at_b + 4, 22);
        from_b = co_await s.load(u, a, at_a + 4);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(from_a, 11u);
    EXPECT_EQ(from_b, 22u);
    EXPECT_TRUE(s.share(a, at_a, b, at_b));
    EXPECT_TRUE(s.is_child(b, at_b, a, at_a));
}

TEST(Map, WithoutTheWriteBitIsReadOnly) {
    ABI_ROW(map_read_only);
    Stage s;
    s.spawn(5);
    s.spawn(7);
    s.spawn({.task = 6, .pager = c});
    Given given;
    std::uint32_t value = 0;
    sim::IpcResult fault;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        given = co_await give(s, u, a, 0, l4_fpage(at_a, page, 0), b, l4_fpage(at_b, page, 0));
        value = co_await s.load(u, b, at_b);
        const Stage::Ticket pager = co_await s.begin(u, c, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.begin_store(u, b, at_b + 4, 22);
        co_await settle(u);
        fault = s.result<sim::Ipc>(pager);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(value, 11u);
    EXPECT_EQ(right(s.world(), b, at_b), Right::read);
    EXPECT_EQ(fault.w0, (at_b + 4) | L4_PF_PRESENT | L4_PF_WRITE);
    EXPECT_EQ(bits(fault.from), bits(reported(6, 0, 4)));
}

TEST(Map, GivesNoMoreThanTheSenderHas) {
    ABI_ROW(map_narrowed_by_senders_right);
    Quartet s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, b, at_b, 0);
        given = co_await s.give_page(u, b, at_b, c, at_c);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(s.right(c, at_c), Right::read);
}

/// The right that b has after a page came with these options, one after the other.
Right right_after(std::uint32_t first, std::uint32_t second) {
    Quartet s;
    Given again;
    std::uint32_t nodes = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, b, at_b, first);
        nodes = account(s.world(), b).nodes();
        again = co_await s.give_page(u, a, at_a, b, at_b, second);
        if (s.right(b, at_b) == Right::write) co_await s.store(u, b, at_b, 12);
    });
    expect(again, dope_mapped);
    EXPECT_EQ(account(s.world(), b).nodes(), nodes);
    return s.right(b, at_b);
}

TEST(Map, AgainAddsTheRightToWrite) {
    ABI_ROW(map_adds_right);
    EXPECT_EQ(right_after(0, L4_FP_WRITE), Right::write);
    EXPECT_EQ(right_after(0, 0), Right::read);
}

TEST(Map, AgainNeverTakesTheRightToWrite) {
    ABI_ROW(map_never_takes_right);
    EXPECT_EQ(right_after(L4_FP_WRITE, 0), Right::write);
}

TEST(Map, OntoAnotherFrameIsSkipped) {
    ABI_ROW(map_other_frame_is_skipped);
    Quartet s;
    Given given;
    Walked before, after;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.store(u, b, at_b, 22);
        before = walk(s.world(), b, at_b);
        given = co_await s.give_page(u, a, at_a, b, at_b);
        after = walk(s.world(), b, at_b);
    });
    expect(given, dope_nothing);
    EXPECT_EQ(after.physical, before.physical);
    EXPECT_FALSE(s.share(a, at_a, b, at_b));
}

TEST(Map, OntoTheSameFrameFromAnotherParentIsSkipped) {
    ABI_ROW(map_other_parent_is_skipped);
    Quartet s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, b, at_b, 0);
        co_await s.give_page(u, a, at_a, c, at_c);
        given = co_await s.give_page(u, c, at_c, b, at_b);
    });
    expect(given, dope_nothing);
    EXPECT_EQ(s.right(b, at_b), Right::read);
    EXPECT_TRUE(s.is_child(b, at_b, a, at_a));
}

/// Numbers of those of the first eight pages at `base` that are there.
std::vector<std::uint32_t> present(Quartet& s, l4_threadid_t of, std::uint32_t base) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t n = 0; n < 8; ++n)
        if (s.right(of, base + n * page_size) != Right::none) numbers.push_back(n);
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

TEST(Map, SkipsPagesThatTheSenderDoesNotHave) {
    ABI_ROW(map_absent_pages_are_skipped);
    Quartet s;
    Given given;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a + 1 * page_size, 1);
        co_await s.store(u, a, at_a + 4 * page_size, 4);
        given = co_await give(s, u, a, at_b, l4_fpage(at_a, page + 3, 0), b, l4_fpage(at_b, page + 3, 0));
    });
    expect(given, dope_mapped);
    EXPECT_EQ(present(s, b, at_b), (Numbers{1, 4}));
    EXPECT_TRUE(s.share(a, at_a + page_size, b, at_b + page_size));
}

/// a sends its four pages to b.
Given send_four(Quartet& s, std::uint32_t base, std::uint32_t window, Numbers has = {0, 1, 2, 3}) {
    Given given;
    s.play([&](User u) -> Program {
        for (const std::uint32_t n : has) co_await s.store(u, a, at_a + n * page_size, n);
        given = co_await give(s, u, a, base, l4_fpage(at_a, page + 2, 0), b, window);
    });
    return given;
}

TEST(Map, TheHotSpotSaysWhereInALargerWindow) {
    ABI_ROW(map_hot_spot);
    Quartet s;
    expect(send_four(s, 0x12345678, l4_fpage(0x40000000, 16, 0)), dope_mapped);
    EXPECT_EQ(present(s, b, 0x40000000), (Numbers{4, 5, 6, 7}));
    EXPECT_TRUE(s.share(a, at_a, b, 0x40004000));
    EXPECT_TRUE(s.share(a, at_a + 3 * page_size, b, 0x40007000));
}

TEST(Map, TheHotSpotIsAnAddressInTheWholeSpace) {
    ABI_ROW(map_whole_space_window);
    Quartet s;
    expect(send_four(s, 0x77777777, L4_FP_WHOLE_SPACE), dope_mapped);
    EXPECT_EQ(present(s, b, 0x77774000), (Numbers{0, 1, 2, 3}));
    EXPECT_TRUE(s.share(a, at_a, b, 0x77774000));
}

TEST(Map, ASmallerWindowIsFilledAgainAndAgain) {
    ABI_ROW(map_window_wraps);
    Quartet all;
    expect(send_four(all, 0x12345678, l4_fpage(at_b, page + 1, 0)), dope_mapped);
    EXPECT_EQ(present(all, b, at_b), (Numbers{0, 1}));
    EXPECT_TRUE(all.share(a, at_a, b, at_b));
    EXPECT_TRUE(all.share(a, at_a + page_size, b, at_b + page_size));

    Quartet last_two;
    expect(send_four(last_two, 0, l4_fpage(at_b, page + 1, 0), {2, 3}), dope_mapped);
    EXPECT_EQ(present(last_two, b, at_b), (Numbers{0, 1}));
    EXPECT_TRUE(last_two.share(a, at_a + 2 * page_size, b, at_b));
    EXPECT_TRUE(last_two.share(a, at_a + 3 * page_size, b, at_b + page_size));
}

TEST(Map, IntoTheKernelIsSkipped) {
    ABI_ROW(map_target_in_kernel);
    for (const std::uint32_t base : {0xc0000000u, 0xfffff000u, 0xffffffffu}) {
        Quartet s;
        Given given;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            given = co_await give(s, u, a, base, l4_fpage(at_a, page, L4_FP_WRITE), b, L4_FP_WHOLE_SPACE);
        });
        expect(given, dope_nothing);
    }
}

/// Does a page of a arrive there: in b, and in a itself?
bool arrives_at(std::uint32_t where) {
    Quartet s;
    constexpr l4_threadid_t a1 = l4_threadid(5, 1);
    s.spawn(5, 1);
    Given other, own;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        other = co_await give(s, u, a, where, l4_fpage(at_a, page, 0), b, L4_FP_WHOLE_SPACE);
        own = co_await give(s, u, a, where, l4_fpage(at_a, page, 0), a1, l4_fpage(where, page, 0));
    });
    EXPECT_EQ(other.mapped(), own.mapped());
    EXPECT_EQ(other.mapped(), s.share(a, at_a, b, where));
    EXPECT_EQ(own.mapped(), s.share(a, at_a, a, where));
    return own.mapped();
}

TEST(Map, IntoTheProtectedAreaIsSkipped) {
    ABI_ROW(map_into_protected_area);
    for (const std::uint32_t where :
         {L4_UTCB_AREA, L4_UTCB_AREA + L4_UTCB_AREA_SIZE - page_size, L4_KIP_ADDRESS})
        EXPECT_FALSE(arrives_at(where)) << std::hex << where;
    for (const std::uint32_t where : {L4_UTCB_AREA - page_size, L4_UTCB_AREA + L4_UTCB_AREA_SIZE,
                                      L4_KIP_ADDRESS - page_size, L4_KIP_ADDRESS + page_size})
        EXPECT_TRUE(arrives_at(where)) << std::hex << where;
}

TEST(Map, FromTheProtectedAreaIsSkipped) {
    ABI_ROW(map_from_protected_area);
    for (const std::uint32_t from : {L4_UTCB_AREA, L4_KIP_ADDRESS})
        for (const std::uint32_t options : {0u, L4_FP_GRANT}) {
            Quartet s;
            Given given;
            s.play([&](User u) -> Program { given = co_await s.give_page(u, a, from, b, at_b, options); });
            expect(given, dope_nothing);
            EXPECT_EQ(s.right(b, at_b), Right::none);
        }
}

TEST(Map, OntoItselfIsSkipped) {
    ABI_ROW(map_onto_itself);
    for (const std::uint32_t options : {L4_FP_WRITE, L4_FP_GRANT, L4_FP_WRITE | L4_FP_GRANT}) {
        Quartet s;
        s.spawn(5, 1);
        Given given;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            given = co_await s.give_page(u, a, at_a, l4_threadid(5, 1), at_a, options);
        });
        expect(given, dope_nothing);
        EXPECT_EQ(s.right(a, at_a), Right::write);
    }
}

TEST(Map, GoesOnFromSpaceToSpace) {
    ABI_ROW(map_chain);
    Quartet s;
    std::uint32_t value = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 11);
        co_await s.give_page(u, a, at_a, b, at_b);
        co_await s.give_page(u, b, at_b, c, at_c);
        co_await s.give_page(u, c, at_c, d, at_d);
        value = co_await s.load(u, d, at_d);
    });
    EXPECT_EQ(value, 11u);
    EXPECT_TRUE(s.is_child(b, at_b, a, at_a));
    EXPECT_TRUE(s.is_child(c, at_c, b, at_b));
    EXPECT_TRUE(s.is_child(d, at_d, c, at_c));
    EXPECT_TRUE(s.share(a, at_a, d, at_d));
}

} // namespace
} // namespace conformance::system
