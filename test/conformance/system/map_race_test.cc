// SPDX-License-Identifier: BSD-2-Clause
// Mapping trees that are deep, wide, and changed by others while an unmap goes through them.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/midst.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = Quartet::at_a, at_b = Quartet::at_b, at_c = Quartet::at_c,
                        at_d = Quartet::at_d;
constexpr Right none = Right::none, writable = Right::write;
constexpr unsigned line = 3;

std::uint32_t only_page(std::uint32_t at) { return l4_fpage(at, page, 0); }

/// A page of a, and `depth` more in b and a in turn, each the child of the one before, at the addresses
/// behind it.
struct Chain : Quartet {
    explicit Chain(std::uint32_t n) : Quartet({}, Checked::no), depth(n) {}
    static l4_threadid_t owner(std::uint32_t n) { return n % 2 == 0 ? a : b; }
    static std::uint32_t at(std::uint32_t n) { return at_a + n * page_size; }
    sim::Routine<int> make(User u) {
        co_await store(u, a, at(0), 1);
        for (std::uint32_t n = 0; n < depth; ++n)
            co_await give_page(u, owner(n), at(n), owner(n + 1), at(n + 1));
        EXPECT_TRUE(is_child(owner(depth), at(depth), owner(depth - 1), at(depth - 1)));
        co_return 0;
    }
    /// The first `n` are there, and no others.
    void expect_length(std::uint32_t n) {
        for (std::uint32_t i = 0; i <= depth; ++i)
            ASSERT_EQ(right(owner(i), at(i)), i < n ? writable : none) << i;
    }
    const std::uint32_t depth;
};

TEST(MappingTree, AThousandDeepIsCutInTheMiddle) {
    Chain s(1000);
    s.play([&](User u) -> Program {
        co_await s.make(u);
        co_await s.unmap(u, Chain::owner(500), only_page(Chain::at(500)), L4_FP_FLUSH);
    });
    s.expect_length(501);
}

TEST(MappingTree, AThousandDeepGoesWithATaskThatHasHalfOfIt) {
    Chain s(1000);
    sim::TaskNewResult gone;
    s.play([&](User u) -> Program {
        co_await s.make(u);
        gone = co_await u(sim::TaskNew{.task = b, .mcp_or_chief = root.low});
    });
    EXPECT_TRUE(gone.ok());
    EXPECT_EQ(s.right(a, Chain::at(0)), writable);
    for (std::uint32_t n = 2; n <= s.depth; n += 2) ASSERT_EQ(s.right(a, Chain::at(n)), none) << n;
}

TEST(MappingTree, AThousandWideFollowsItsGrantedRoot) {
    constexpr std::uint32_t width = 1000;
    Quartet s({}, Stage::Checked::no);
    std::uint32_t children = 0;
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        for (std::uint32_t n = 0; n < width; ++n) co_await s.give_page(u, a, at_a, b, at_b + n * page_size);
        co_await s.give_page(u, a, at_a, c, at_c, L4_FP_GRANT | L4_FP_WRITE);
        for (std::uint32_t n = 0; n < width; ++n)
            children += s.is_child(b, at_b + n * page_size, c, at_c) ? 1 : 0;
        co_await s.unmap(u, c, only_page(at_c), L4_FP_FLUSH);
    });
    EXPECT_EQ(children, width);
    for (std::uint32_t n = 0; n < width; ++n) ASSERT_EQ(s.right(b, at_b + n * page_size), none) << n;
    EXPECT_EQ(s.right(c, at_c), writable);
}

/// While a unmaps its page, which is mapped to b, c and d one below the other and 20 more times to b, thread
/// 1 of task d, of higher priority, does something at the n-th window.
struct Race : Quartet {
    static constexpr l4_threadid_t racer = l4_threadid(8, 1);
    static constexpr std::uint32_t extra = 20, at_e = 0x58000000;

    explicit Race(unsigned window, std::function<sim::Routine<int>(Race&, User)> what)
        : midst(world(), Line{line}, a, window), deed(std::move(what)) {
        const sim::Entry entry = world().program([this](User u) { return act(u); });
        world().spawn({.task = 8, .lthread = 1, .program = entry, .prio = 20});
        Stage::spawn(9);
    }
    Program act(User u) {
        co_await u.attach(line);
        co_await u.receive(l4_irq_id(line));
        co_await deed(*this, u);
    }
    /// Everybody's rights afterwards; true: the window was reached.
    bool run(std::uint32_t mask) {
        play([&](User u) -> Program {
            co_await store(u, a, at_a, 1);
            co_await give_page(u, a, at_a, b, at_b);
            co_await give_page(u, b, at_b, c, at_c);
            co_await give_page(u, c, at_c, d, at_d);
            for (std::uint32_t n = 1; n <= extra; ++n)
                co_await give_page(u, a, at_a, b, at_b + n * page_size);
            co_await u(sim::ThreadSchedule{.thread = a, .param = l4_sched_param(10, 0, 0)});
            co_await begin(u, e, sim::Ipc{.partner = racer, .receive = User::rmap(only_page(at_e))});
            const Ticket done = co_await begin(u, a, sim::Unmap{.fpage = only_page(at_a), .mask = mask});
            world().at(u.now(), Line{line});
            co_await settle(u);
            EXPECT_TRUE(this->done(done));
        });
        return midst.reached();
    }
    InTheMidst midst;
    std::function<sim::Routine<int>(Race&, User)> deed;
};

/// The deed at every window of an unmap that flushes, and of one that makes read-only.
void expect_nothing_escapes(const std::function<sim::Routine<int>(Race&, User)>& deed) {
    for (const std::uint32_t mask : {L4_FP_FLUSH, 0u, L4_FP_FLUSH | L4_FP_ALL_SPACES}) {
        for (unsigned window = 1;; ++window) {
            Race s(window, deed);
            const bool reached = s.run(mask);
            const bool flush = (mask & L4_FP_FLUSH) != 0;
            for (const auto& [who, at] :
                 {std::pair{b, at_b}, {b, at_b + 7 * page_size}, {c, at_c}, {d, at_d}, {e, Race::at_e}}) {
                const Right right = s.right(who, at);
                // What came after the unmap is not its business.
                const bool later = !reached;
                EXPECT_TRUE(later || right == none || (!flush && right == Right::read))
                    << "window " << window;
            }
            EXPECT_EQ(s.right(a, at_a), mask == (L4_FP_FLUSH | L4_FP_ALL_SPACES) ? none : writable);
            if (!reached || testing::Test::HasFailure()) break;
        }
    }
}

TEST(MappingTree, NoPageEscapesAnUnmapByBeingMappedOn) {
    expect_nothing_escapes([](Race&, User u) -> sim::Routine<int> {
        co_await u.send_fpage(e, Race::at_e, l4_fpage(at_d, page, L4_FP_WRITE), L4_TIMEOUT_SND_ZERO);
        co_return 0;
    });
}

TEST(MappingTree, NoPageEscapesAnUnmapByBeingGranted) {
    expect_nothing_escapes([](Race&, User u) -> sim::Routine<int> {
        co_await u.send_fpage(e, Race::at_e, l4_fpage(at_d, page, L4_FP_WRITE | L4_FP_GRANT),
                              L4_TIMEOUT_SND_ZERO);
        co_return 0;
    });
}

TEST(MappingTree, AnotherUnmapOfTheSamePagesDoesNotDisturb) {
    expect_nothing_escapes([](Race&, User u) -> sim::Routine<int> {
        co_await u(sim::Unmap{.fpage = only_page(at_d), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
        co_return 0;
    });
}

} // namespace
} // namespace conformance::system
