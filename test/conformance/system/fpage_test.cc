// SPDX-License-Identifier: BSD-2-Clause
// What a flexpage word names.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b;
constexpr Right none = Right::none, writable = Right::write;

using Numbers = std::vector<std::uint32_t>;

/// Which of the eight pages from `base` on are there.
Numbers present(Quartet& s, l4_threadid_t of, std::uint32_t base) {
    Numbers numbers;
    for (std::uint32_t n = 0; n < 8; ++n)
        if (s.right(of, base + n * page_size) != none) numbers.push_back(n);
    return numbers;
}

sim::Routine<int> touch_eight(Quartet& s, User u, std::uint32_t base) {
    for (std::uint32_t n = 0; n < 8; ++n) co_await s.store(u, a, base + n * page_size, n);
    co_return 0;
}

TEST(Fpage, BeginsAtAMultipleOfItsSize) {
    ABI_ROW(fpage_base_is_aligned_down);
    constexpr std::uint32_t word = l4_fpage(0x401000, 14, L4_FP_WRITE), base = 0x400000;
    const Numbers first_four{0, 1, 2, 3}, last_four{4, 5, 6, 7};
    Quartet sent, window, unmapped;
    sent.play([&](User u) -> Program {
        co_await touch_eight(sent, u, base);
        co_await give(sent, u, a, 0, word, b, l4_fpage(at_b, 14, 0));
    });
    EXPECT_EQ(present(sent, b, at_b), first_four);
    EXPECT_TRUE(sent.share(a, base, b, at_b));
    window.play([&](User u) -> Program {
        co_await touch_eight(window, u, at_a);
        co_await give(window, u, a, 0, l4_fpage(at_a, 14, 0), b, word);
    });
    EXPECT_EQ(present(window, b, base), first_four);
    unmapped.play([&](User u) -> Program {
        co_await touch_eight(unmapped, u, base);
        co_await unmapped.unmap(u, a, word & ~L4_FP_WRITE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    });
    EXPECT_EQ(present(unmapped, a, base), last_four);
}

TEST(Fpage, OfABadSizeMapsNothing) {
    ABI_ROW(fpage_bad_size);
    struct Case {
        std::uint32_t send, window;
    };
    std::vector<Case> cases;
    for (const std::uint32_t size : {0u, 1u, 11u, 33u, 63u})
        cases.push_back({l4_fpage(at_a, size, L4_FP_WRITE), l4_fpage(at_b, page, 0)});
    for (const std::uint32_t size : {1u, 11u, 33u, 63u})
        cases.push_back({l4_fpage(at_a, page, L4_FP_WRITE), l4_fpage(at_b, size, 0)});
    for (const Case& x : cases) {
        Quartet s;
        Given given;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            given = co_await give(s, u, a, 0, x.send, b, x.window);
        });
        EXPECT_EQ(given.sent.dope, L4_IPC_OK) << std::hex << x.send;
        EXPECT_EQ(given.received.dope, dope_nothing) << std::hex << x.send;
        EXPECT_EQ(s.right(b, at_b), none);
    }
}

/// Where a has pages, and b has them after a sent all of `fpage`.
struct Everywhere : Quartet {
    const Numbers places{
        0x1000, at_a, 0x7ffff000, 0x80000000, L4_UTCB_AREA - page_size, L4_USER_TOP - page_size};

    Given send(std::uint32_t base, std::uint32_t fpage) {
        Given given;
        play([&](User u) -> Program {
            for (const std::uint32_t at : places) co_await store(u, a, at, at);
            given = co_await give(*this, u, a, base, fpage, b, L4_FP_WHOLE_SPACE);
        });
        return given;
    }
    Numbers arrived() {
        Numbers arrived;
        for (const std::uint32_t at : places)
            if (share(a, at, b, at)) arrived.push_back(at);
        return arrived;
    }
};

TEST(Fpage, EndsWhereTheKernelBegins) {
    ABI_ROW(fpage_reaches_kernel);
    Everywhere s;
    const Given given = s.send(0x80000000, l4_fpage(0x80000000, 31, L4_FP_WRITE));
    EXPECT_EQ(given.received.dope, dope_mapped);
    EXPECT_EQ(s.arrived(), Numbers(s.places.begin() + 3, s.places.end()));
    for (std::uint32_t at = L4_USER_TOP; at != 0; at += 1u << L4_SUPERPAGE_SHIFT)
        ASSERT_EQ(s.right(b, at), none) << std::hex << at;
}

TEST(Fpage, OfSize32IsTheWholeSpace) {
    ABI_ROW(fpage_whole_space_sent);
    Everywhere s;
    const std::uint32_t nodes = account(s.world(), root).nodes();
    const Given given = s.send(0, L4_FP_WHOLE_SPACE | L4_FP_WRITE);
    EXPECT_EQ(given.received.dope, dope_mapped);
    EXPECT_EQ(s.arrived(), s.places);
    EXPECT_EQ(s.right(b, s.places[1]), writable);
    // Root has a page for each of a's, a has it, b has it.
    EXPECT_EQ(account(s.world(), root).nodes() - nodes, 3 * s.places.size());
}

} // namespace
} // namespace conformance::system
