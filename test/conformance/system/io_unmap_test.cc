// SPDX-License-Identifier: BSD-2-Clause
// I/O ports are taken back.
#include <gtest/gtest.h>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/ports.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t flush_all = L4_FP_FLUSH | L4_FP_ALL_SPACES;
constexpr std::uint32_t sixteen = l4_io_fpage(0x60, 4, 0), last_eight = l4_io_fpage(0x68, 3, 0);
const Ports all{{0x60, 0x6f}}, first_half{{0x60, 0x67}}, none{};

/// a has ports and has given them to b and d, and b to c.
struct Holders : Quartet {
    sim::Routine<int> supply(User u) {
        co_await get_ports(*this, u, a, sixteen);
        co_await give(*this, u, a, 0, sixteen, b, L4_FP_IO_WHOLE);
        co_await give(*this, u, b, 0, sixteen, c, L4_FP_IO_WHOLE);
        co_await give(*this, u, a, 0, sixteen, d, L4_FP_IO_WHOLE);
        co_return 0;
    }
    /// a's unmap of these ports; what it told, and who has what afterwards.
    void unmap_and_expect(std::uint32_t fpage, std::uint32_t mask, const Ports& of_a, const Ports& of_b,
                          const Ports& of_c, const Ports& of_d) {
        sim::UnmapResult result{.status = ~0u};
        play([&](User u) -> Program {
            co_await supply(u);
            result = co_await unmap(u, a, fpage, mask);
        });
        EXPECT_EQ(result.status, 0u);
        EXPECT_EQ(Ports::of(world(), a), of_a);
        EXPECT_EQ(Ports::of(world(), b), of_b);
        EXPECT_EQ(Ports::of(world(), c), of_c);
        EXPECT_EQ(Ports::of(world(), d), of_d);
        EXPECT_EQ(Ports::of(world(), sigma0), (Ports{{0, 0xffff}}));
    }
};

TEST(Ports, AreTakenFromOthers) {
    ABI_ROW(io_unmap_others);
    Holders s;
    s.unmap_and_expect(last_eight, L4_FP_FLUSH, all, first_half, first_half, first_half);
}

TEST(Ports, AreTakenFromTheCallerToo) {
    ABI_ROW(io_unmap_all);
    Holders s;
    s.unmap_and_expect(last_eight, flush_all, first_half, first_half, first_half, first_half);
}

TEST(Ports, AreTakenFromOneTaskAndBelow) {
    ABI_ROW(io_unmap_task);
    Holders s, below;
    s.unmap_and_expect(last_eight, L4_FP_FLUSH | l4_unmap_in_task(6), all, first_half, first_half, all);
    below.unmap_and_expect(last_eight, L4_FP_FLUSH | l4_unmap_in_task(7), all, all, first_half, all);
}

TEST(Ports, AreNotMadeReadOnly) {
    ABI_ROW(io_unmap_read_only);
    Holders s;
    s.unmap_and_expect(sixteen, L4_FP_ALL_SPACES, all, all, all, all);
}

TEST(Ports, AreNoPartOfTheMemorySpace) {
    ABI_ROW(io_unmap_whole_space_is_memory);
    Holders memory, ports;
    constexpr std::uint32_t at = Quartet::at_b;
    memory.play([&](User u) -> Program {
        co_await memory.supply(u);
        co_await memory.store(u, a, Quartet::at_a, 1);
        co_await memory.give_page(u, a, Quartet::at_a, b, at);
        co_await memory.unmap(u, a, L4_FP_WHOLE_SPACE, L4_FP_FLUSH);
    });
    EXPECT_EQ(memory.right(b, at), Right::none);
    EXPECT_EQ(Ports::of(memory.world(), b), all);
    ports.unmap_and_expect(L4_FP_IO_WHOLE, L4_FP_FLUSH, all, none, none, none);
}

TEST(Ports, GoWithTheirTask) {
    ABI_ROW(io_task_deleted);
    Holders s;
    Clan clan(s);
    Ports of_c;
    Given again;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        co_await u(sim::TaskNew{.task = b, .mcp_or_chief = root.low});
        of_c = Ports::of(s.world(), c);
        co_await u(clan.creation(6));
        co_await settle(u);
        again = co_await give(s, u, a, 0, last_eight, b, L4_FP_IO_WHOLE);
    });
    EXPECT_EQ(of_c, none);
    EXPECT_TRUE(again.mapped());
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x68, 0x6f}}));
    EXPECT_EQ(Ports::of(s.world(), d), all);
}

TEST(Ports, TakenAwayCanNotBeUsed) {
    Holders s;
    bool before = false, after = true;
    s.play([&](User u) -> Program {
        co_await s.supply(u);
        before = co_await has_port(s, u, a, 0x68);
        co_await s.unmap(u, a, last_eight, flush_all); // a runs while its bitmap changes
        after = co_await has_port(s, u, a, 0x68);
    });
    EXPECT_TRUE(before);
    EXPECT_FALSE(after);
}

} // namespace
} // namespace conformance::system
