// SPDX-License-Identifier: BSD-2-Clause
// I/O ports are mapped and granted.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/ports.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT;

TEST(Ports, ComeFromSigma0) {
    ABI_ROW(io_map);
    Stage s;
    Ports ports;
    s.play([&](User u) -> Program {
        const std::vector<std::uint32_t> wanted{l4_io_fpage(0x60, 4, 0), l4_io_fpage(0x3f8, 0, 0),
                                                l4_io_fpage(0xffff, 0, 0)};
        for (const std::uint32_t fpage : wanted) co_await u.call_for_fpage(sigma0, fpage, 0, L4_FP_IO_WHOLE);
        ports = Ports::of_running(s.world());
        EXPECT_EQ(co_await u.in(0x60), 0xffu); // nobody is there
    });
    EXPECT_EQ(ports, (Ports{{0x60, 0x6f}, {0x3f8, 0x3f8}, {0xffff, 0xffff}}));
}

TEST(Ports, MeetTheWindow) {
    ABI_ROW(io_map_window);
    struct Case {
        std::uint32_t window;
        Ports arrived;
    };
    for (const std::uint32_t base : {0u, 0x68000u, 0xf0068000u, 0xdeadbeefu})
        for (const Case& x : {Case{L4_FP_WHOLE_SPACE, {{0x60, 0x6f}}},
                              {L4_FP_IO_WHOLE, {{0x60, 0x6f}}},
                              {l4_io_fpage(0x68, 3, 0), {{0x68, 0x6f}}},
                              {l4_io_fpage(0x6c, 3, 0), {{0x68, 0x6f}}},
                              {l4_io_fpage(0x40, 5, 0), {}},
                              {l4_io_fpage(0x80, 0, 0), {}}}) {
            Quartet s;
            Given given;
            s.play([&](User u) -> Program {
                co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
                given = co_await give(s, u, a, base, l4_io_fpage(0x60, 4, 0), b, x.window);
            });
            expect(given, x.arrived == Ports{} ? dope_nothing : dope_mapped);
            EXPECT_EQ(Ports::of(s.world(), b), x.arrived) << std::hex << x.window;
        }
}

TEST(Ports, AreThoseThatTheSenderHas) {
    ABI_ROW(io_map_only_what_the_sender_has);
    Quartet s;
    Given given;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 0, 0));
        co_await get_ports(s, u, a, l4_io_fpage(0x64, 0, 0));
        given = co_await give(s, u, a, 0, L4_FP_IO_WHOLE, b, L4_FP_IO_WHOLE);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x60, 0x60}, {0x64, 0x64}}));
}

TEST(Ports, DoNotMixWithMemory) {
    ABI_ROW(io_kinds_do_not_mix);
    Quartet s;
    Given ports_to_memory, ports_to_half, memory_to_ports;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, L4_FP_IO_WHOLE);
        co_await s.store(u, a, Quartet::at_a, 1);
        ports_to_memory = co_await give(s, u, a, 0, L4_FP_IO_WHOLE, b, l4_fpage(Quartet::at_b, page, 0));
        ports_to_half = co_await give(s, u, a, 0, L4_FP_IO_WHOLE, b, l4_fpage(0, 31, 0));
        memory_to_ports = co_await give(s, u, a, 0, l4_fpage(Quartet::at_a, page, 0), b, L4_FP_IO_WHOLE);
    });
    expect(ports_to_memory, dope_nothing);
    expect(ports_to_half, dope_nothing);
    expect(memory_to_ports, dope_nothing);
    EXPECT_EQ(Ports::of(s.world(), b), Ports{});
}

TEST(Ports, OfSize17AreNone) {
    ABI_ROW(io_bad_size);
    Quartet s;
    Given given;
    sim::UnmapResult unmapped{.status = 1};
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
        given = co_await give(s, u, a, 0, l4_io_fpage(0, 17, 0), b, L4_FP_WHOLE_SPACE);
        unmapped = co_await s.unmap(u, a, l4_io_fpage(0, 17, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    });
    expect(given, dope_nothing);
    EXPECT_EQ(unmapped.status, 0u);
    EXPECT_EQ(Ports::of(s.world(), a), (Ports{{0x60, 0x6f}}));
    EXPECT_EQ(Ports::of(s.world(), b), Ports{});
}

TEST(Ports, FromTheSameGiverAddUp) {
    ABI_ROW(io_map_same_giver);
    Quartet s;
    Given again;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, L4_FP_IO_WHOLE);
        co_await give(s, u, a, 0, l4_io_fpage(0x60, 2, 0), b, L4_FP_IO_WHOLE);
        again = co_await give(s, u, a, 0, l4_io_fpage(0x60, 3, 0), b, L4_FP_IO_WHOLE);
        co_await give(s, u, a, 0, l4_io_fpage(0x8000, 1, 0), b, L4_FP_IO_WHOLE);
    });
    expect(again, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x60, 0x67}, {0x8000, 0x8001}}));
}

TEST(Ports, FromTheSameGiverAgainCountAsReceived) {
    Quartet s;
    Given again;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, L4_FP_IO_WHOLE);
        co_await give(s, u, a, 0, l4_io_fpage(0x60, 3, 0), b, L4_FP_IO_WHOLE);
        again = co_await give(s, u, a, 0, l4_io_fpage(0x60, 2, 0), b, L4_FP_IO_WHOLE);
    });
    expect(again, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x60, 0x67}}));
}

TEST(Ports, ComeFromOneGiverAtATime) {
    ABI_ROW(io_map_other_giver);
    Quartet s;
    Given first, second;
    Ports between;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, L4_FP_IO_WHOLE);
        co_await get_ports(s, u, c, l4_io_fpage(0x70, 4, 0));
        co_await give(s, u, a, 0, l4_io_fpage(0x60, 2, 0), b, L4_FP_IO_WHOLE);
        first = co_await give(s, u, c, 0, l4_io_fpage(0x70, 2, 0), b, L4_FP_IO_WHOLE);
        between = Ports::of(s.world(), b);
        co_await s.unmap(u, a, L4_FP_IO_WHOLE, L4_FP_FLUSH);
        second = co_await give(s, u, c, 0, l4_io_fpage(0x70, 2, 0), b, L4_FP_IO_WHOLE);
    });
    expect(first, dope_nothing);
    EXPECT_EQ(between, (Ports{{0x60, 0x63}}));
    expect(second, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x70, 0x73}}));
}

TEST(Ports, AreGranted) {
    ABI_ROW(io_grant);
    Quartet s;
    Given given;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
        co_await give(s, u, a, 0, l4_io_fpage(0x60, 2, 0), c, L4_FP_IO_WHOLE);
        given = co_await give(s, u, a, 0, l4_io_fpage(0x60, 0, L4_FP_GRANT), b, L4_FP_IO_WHOLE);
    });
    expect(given, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), a), (Ports{{0x61, 0x6f}}));
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x60, 0x60}}));
    EXPECT_EQ(Ports::of(s.world(), c), (Ports{{0x61, 0x63}}));
    EXPECT_EQ(giver(s.world(), b), kern::TaskNo{L4_TASK_SIGMA0});
    EXPECT_EQ(giver(s.world(), c), kern::TaskNo{5});
}

TEST(Ports, AreNotGrantedToAHolder) {
    ABI_ROW(io_grant_to_holder);
    Quartet s;
    Given to_own_child, to_other;
    s.play([&](User u) -> Program {
        co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
        co_await get_ports(s, u, c, l4_io_fpage(0x70, 0, 0));
        co_await give(s, u, a, 0, l4_io_fpage(0x60, 0, 0), b, L4_FP_IO_WHOLE);
        to_own_child = co_await give(s, u, a, 0, l4_io_fpage(0x61, 0, L4_FP_GRANT), b, L4_FP_IO_WHOLE);
        to_other = co_await give(s, u, a, 0, l4_io_fpage(0x61, 0, L4_FP_GRANT), c, L4_FP_IO_WHOLE);
    });
    expect(to_own_child, dope_nothing);
    expect(to_other, dope_nothing);
    EXPECT_EQ(Ports::of(s.world(), a), (Ports{{0x60, 0x6f}}));
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0x60, 0x60}}));
    EXPECT_EQ(Ports::of(s.world(), c), (Ports{{0x70, 0x70}}));
}

} // namespace
} // namespace conformance::system
