// SPDX-License-Identifier: BSD-2-Clause
// Every port, for every size of I/O flexpage, at its edges: what the processor lets through is what was
// mapped (docs/semantics.md 9.9, testing V14).
#include <gtest/gtest.h>

#include <bitset>
#include <vector>

#include "l4/abi/limits.h"
#include "test/attack/support/world.h"
#include "test/memory/memory_world.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

using PortSet = std::bitset<65536>;

constexpr Word ports = 65536;

PortSet range(Word first, Word log2) {
    PortSet set;
    const Word size = Word{1} << log2;
    for (Word p = first / size * size, n = 0; n < size; ++p, ++n) set.set(p);
    return set;
}

/// First ports of flexpages: at the ends of the space, of the bitmap's two frames, of a byte, of a word.
std::vector<Word> edges(Word log2) {
    std::vector<Word> all{0, 1, 7, 8, 31, 32, 0x60, 0x3f8, 0x7ff8, 0x7fff, 0x8000, 0x8001, 0xfff0, 0xffff};
    for (Word& p : all) p = p >> log2 << log2;
    all.push_back(0x1234 >> log2 << log2);
    return all;
}

class PortEdges : public ::testing::TestWithParam<Word> {
protected:
    PortEdges() {
        for (const std::uint16_t n : {2, 4, 5}) {
            w.open_account(n, 10);
            w.open_space(n, n);
        }
        EXPECT_TRUE(w.db.give_all_ports(w.space(2)).ok());
        w.db.activate(w.space(4));
    }
    ~PortEdges() override { w.close_all(); }
    /// The processor of task 4, port by port; and accesses of more than one port.
    void expect(const PortSet& wanted, const std::string& what) {
        for (Word p = 0; p < ports; ++p) {
            const auto port = static_cast<std::uint16_t>(p);
            ASSERT_EQ(w.machine.port_allowed(port, 1), wanted[p]) << what << " port " << p;
            const bool edge = p + 1 == ports || wanted[p] != wanted[p + 1] || p % 0x7ff == 0;
            if (!edge) continue;
            for (Word first = p < 4 ? 0 : p - 4; first <= p && first < ports; ++first)
                for (const Word width : {2u, 4u}) {
                    bool all = first + width <= ports;
                    for (Word q = first; all && q < first + width; ++q) all = wanted[q];
                    ASSERT_EQ(w.machine.port_allowed(static_cast<std::uint16_t>(first), width), all)
                        << what << " ports " << first << " +" << width;
                }
        }
    }
    std::string name(Word first) const {
        return "flexpage " + std::to_string(first) + " of size " + std::to_string(GetParam());
    }
    test::MemoryWorld w;
};
INSTANTIATE_TEST_SUITE_P(OfSize, PortEdges, ::testing::Range(0u, 17u));

TEST_P(PortEdges, AreExactWhenPortsAreMapped) {
    for (const Word first : edges(GetParam())) {
        w.map(2, 4, l4_io_fpage(first, GetParam(), 0), 0);
        expect(range(first, GetParam()), name(first));
        w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH);
        expect({}, name(first) + " flushed");
    }
}

TEST_P(PortEdges, AreExactWhenPortsAreTakenAway) {
    for (const Word first : edges(GetParam())) {
        w.map(2, 4, L4_FP_IO_WHOLE, 0);
        w.unmap(2, l4_io_fpage(first, GetParam(), 0), L4_FP_FLUSH);
        expect(~range(first, GetParam()), name(first));
        w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH);
    }
}

TEST_P(PortEdges, AreExactWhenAWindowCutsThem) {
    for (const Word first : edges(GetParam())) {
        for (const Word log2 : {0u, 3u, 15u}) {
            w.map(2, 4, l4_io_fpage(first, GetParam(), 0), 0, l4_io_fpage(0x7fff, log2, 0));
            expect(range(first, GetParam()) & range(0x7fff, log2),
                   name(first) + " window " + std::to_string(log2));
            w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH);
        }
    }
}

TEST_P(PortEdges, AreExactWhenPortsAreMappedOnAndGranted) {
    for (const Word first : edges(GetParam())) {
        const PortSet half = range(0x8000, 15), set = range(first, GetParam());
        w.map(2, 5, l4_io_fpage(0x8000, 15, 0), 0);
        w.map(5, 4, l4_io_fpage(first, GetParam(), L4_FP_GRANT), 0);
        expect(half & set, name(first));
        for (Word p = 0; p < ports; ++p)
            ASSERT_EQ(w.db.holds_port(w.space(5), static_cast<std::uint16_t>(p)), (half & ~set)[p]) << p;
        w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH);
    }
}

/// The same by programs: in and out at both ends of a range, and one beyond.
TEST(PortEdge, IsWhatAProgramMeets) {
    constexpr std::uint16_t first = 0x3f8, end = 0x400;
    for (const std::uint16_t port : {first - 1, first + 0, end - 1, end + 0}) {
        for (const Word width : {1u, 2u, 4u}) {
            bool survived = false;
            test::CheckedWorld w;
            w.spawn(5, 0, [&](User u) -> Program {
                co_await u(sim::Ipc{.partner = sigma0,
                                    .w0 = l4_io_fpage(first, 3, 0),
                                    .send = 0,
                                    .receive = User::rmap(L4_FP_IO_WHOLE)});
                co_await u.out(port, 0x55, width);
                co_await u.in(port, width);
                survived = true;
            });
            w.run();
            EXPECT_EQ(survived, port >= first && port + width <= end) << port << " " << width;
            EXPECT_EQ(w.find(a)->dead(), !survived);
        }
    }
}

/// Root takes all ports from A, who had given them to B; A, of a higher priority, gives B one of them again
/// at every interrupt that comes between two entries of that.
TEST(RevokedPorts, StayRevoked) {
    Watched w;
    Drumfire fire(w);
    const auto wait = sim::Ipc{.receive = User::rmap(L4_FP_WHOLE_SPACE) | L4_RCV_OPEN};
    unsigned gifts = 0;
    bool had = false, has = true;
    w.spawn({.task = kern::ThreadId::of(b).task.raw(),
             .program = w.program([&](User u) -> Program {
                 for (;;) co_await u(wait);
             }),
             .prio = 100});
    w.spawn({.task = kern::ThreadId::of(a).task.raw(),
             .program = w.program([&](User u) -> Program {
                 co_await u(wait);
                 co_await u.send_fpage(b, 0, L4_FP_IO_WHOLE);
                 co_await u.attach(Drumfire::line.raw());
                 for (;;) {
                     co_await u.receive(l4_irq_id(Drumfire::line.raw()));
                     co_await u.send_fpage(b, 0, l4_io_fpage(0, 0, 0));
                     ++gifts;
                 }
             }),
             .prio = 100});
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        const auto holds = [&](l4_threadid_t id) {
            return w.kernel().map_db().holds_port(
                w.kernel().tasks().task(kern::ThreadId::of(id).task)->space(), 0);
        };
        co_await u.call_for_fpage(sigma0, L4_FP_IO_WHOLE, 0, L4_FP_WHOLE_SPACE);
        co_await u.send_fpage(a, 0, L4_FP_IO_WHOLE);
        co_await u.compute(100);
        had = holds(b);
        fire.begin();
        co_await u(sim::Unmap{L4_FP_IO_WHOLE, L4_FP_FLUSH});
        fire.end();
        has = holds(a) || holds(b);
    });
    w.run(20000);
    EXPECT_TRUE(had);
    EXPECT_FALSE(has);
    EXPECT_GE(gifts, 1u) << "nobody came between";
}

} // namespace
} // namespace attack
