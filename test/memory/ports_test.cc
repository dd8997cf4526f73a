// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <functional>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

constexpr std::uint32_t whole = L4_FP_WHOLE_SPACE;

class IoPorts : public ::testing::Test {
protected:
    IoPorts() {
        for (std::uint16_t n : {2, 4, 5, 6}) {
            w.open_account(n, 10);
            w.open_space(n, n);
        }
        EXPECT_TRUE(w.db.give_all_ports(w.space(2)).ok());
    }
    ~IoPorts() override { w.close_all(); }
    void TearDown() override { w.db.check(); }
    bool holds(std::uint16_t task, std::uint16_t port) { return w.db.holds_port(w.space(task), port); }
    kern::Progress give(std::uint16_t from, std::uint16_t to, std::uint32_t port, std::uint32_t log2,
                        std::uint32_t options = 0) {
        return w.map(from, to, l4_io_fpage(port, log2, options), 0, whole, 2);
    }
    MemoryWorld w;
};

TEST_F(IoPorts, AreMappedAndUnmapped) {
    give(2, 4, 0x60, 4);
    EXPECT_TRUE(holds(4, 0x60) && holds(4, 0x6f) && !holds(4, 0x70) && !holds(4, 0x5f));
    EXPECT_EQ(w.space(4).frames(), L4_KMEM_IO_BITMAP);
    w.unmap(2, l4_io_fpage(0x60, 0, 0), 0);
    EXPECT_TRUE(holds(4, 0x60)) << "read-only means nothing";
    w.unmap(2, l4_io_fpage(0x60, 0, 0), L4_FP_FLUSH);
    EXPECT_TRUE(!holds(4, 0x60) && holds(4, 0x61));
    w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH, 1);
    EXPECT_EQ(w.space(4).frames(), 0u);
    EXPECT_TRUE(holds(2, 0x60));
}

TEST_F(IoPorts, TheMachineKnowsThoseOfTheActiveSpace) {
    w.db.activate(w.space(4));
    EXPECT_FALSE(w.machine.port_allowed(0x60, 1));
    give(2, 4, 0x60, 1);
    EXPECT_TRUE(w.machine.port_allowed(0x60, 2));
    EXPECT_FALSE(w.machine.port_allowed(0x61, 2));
    w.unmap(2, L4_FP_IO_WHOLE, L4_FP_FLUSH);
    EXPECT_FALSE(w.machine.port_allowed(0x60, 1));
    w.db.activate(w.space(2));
    EXPECT_TRUE(w.machine.port_allowed(0xffff, 1));
}

TEST_F(IoPorts, ComeFromOneGiverAtATime) {
    give(2, 4, 0, 16);
    give(2, 5, 0x60, 0);
    give(4, 5, 0x61, 0);
    EXPECT_FALSE(w.received || holds(5, 0x61));
    w.unmap(2, l4_io_fpage(0x60, 0, 0), L4_FP_FLUSH);
    give(4, 5, 0x61, 0);
    EXPECT_TRUE(w.received && holds(5, 0x61));
    EXPECT_EQ(w.db.port_giver(w.space(5)), kern::TaskNo{4});
}

TEST_F(IoPorts, AGrantReplacesTheGiver) {
    give(2, 4, 0, 8);
    give(4, 5, 0, 4);
    give(4, 6, 0, 5, L4_FP_GRANT);
    EXPECT_TRUE(holds(6, 0) && holds(6, 31) && !holds(4, 31) && holds(4, 32));
    EXPECT_FALSE(holds(5, 0));
    EXPECT_EQ(w.space(5).frames(), 0u);
    EXPECT_EQ(w.db.port_giver(w.space(6)), kern::TaskNo{2});
    give(4, 6, 64, 0, L4_FP_GRANT);
    EXPECT_FALSE(w.received);
}

TEST_F(IoPorts, Sigma0CanGrantAllAndHaveSomeBack) {
    give(2, 4, 0, 16, L4_FP_GRANT);
    EXPECT_FALSE(holds(2, 0));
    EXPECT_EQ(w.db.port_giver(w.space(4)), kern::TaskNo{0});
    give(4, 2, 0, 0);
    EXPECT_TRUE(holds(2, 0));
    EXPECT_EQ(w.space(2).frames(), L4_KMEM_IO_BITMAP) << "only its first bitmap is free";
}

TEST_F(IoPorts, AWindowCutsThem) {
    w.map(2, 4, l4_io_fpage(0, 4, 0), 0, l4_io_fpage(8, 3, 0));
    EXPECT_TRUE(holds(4, 8) && !holds(4, 7));
    w.map(2, 5, l4_io_fpage(0, 4, 0), 0, l4_io_fpage(16, 4, 0));
    EXPECT_FALSE(w.received);
    w.map(2, 5, l4_io_fpage(0, 4, 0), 0, l4_fpage(0, 31, 0));
    EXPECT_FALSE(w.received);
    w.fault(2, 0);
    w.map(2, 5, l4_fpage(0, 12, 0), 0, L4_FP_IO_WHOLE);
    EXPECT_FALSE(w.received);
}

/// 2 takes ports of which 4 gave all to 5 and 6; between its entries of 32 steps somebody else does
/// something.
class IoPortsTaken : public IoPorts {
protected:
    IoPortsTaken() {
        give(2, 4, 0, 16);
        give(4, 5, 0, 16);
        give(4, 6, 0, 16);
    }
    /// In how many entries.
    unsigned take(std::uint32_t fpage, const std::function<void()>& between) {
        constexpr unsigned enough = 1000;
        InFrame<kern::UnmapJob> job(w.desk);
        job->start(w.space(2), fpage, L4_FP_FLUSH);
        for (unsigned entry = 1; entry < enough; ++entry) {
            kern::Steps steps(32);
            if (w.db.run(*job, steps) == kern::Progress::done) return entry;
            between();
            w.db.check();
        }
        ADD_FAILURE() << "it has not ended after " << enough << " entries";
        return enough;
    }
    /// A give with so few steps in an entry.
    void give_port_0(std::uint16_t to, std::uint32_t at_once = ~0u) {
        w.map(4, to, l4_io_fpage(0, 0, 0), 0, whole, at_once);
    }
    void expect_nobody_has_port_0() {
        for (std::uint16_t task : {4, 5, 6}) EXPECT_FALSE(holds(task, 0)) << "task " << task;
    }
};

TEST_F(IoPortsTaken, AreNotGivenAgainByWhoLosesThem) {
    for (std::uint32_t at_once : {1u, 32u, ~0u}) {
        take(L4_FP_IO_WHOLE, [&] { give_port_0(5, at_once); });
        expect_nobody_has_port_0();
        give(2, 4, 0, 16);
        give(4, 5, 0, 16);
    }
}

TEST_F(IoPortsTaken, AreNotGivenAgainToWhoDroppedThem) {
    take(L4_FP_IO_WHOLE, [&] {
        w.unmap(5, L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
        give_port_0(5);
    });
    expect_nobody_has_port_0();
}

TEST_F(IoPortsTaken, AreTakenInTheEndHoweverOftenTheyAreGiven) {
    const unsigned alone = take(l4_io_fpage(0, 15, 0), [] {});
    give(2, 4, 0, 15);
    give(4, 5, 0, 15);
    give(4, 6, 0, 15);
    unsigned n = 0;
    EXPECT_LE(take(l4_io_fpage(0, 15, 0), [&] { give_port_0(++n % 2 ? 5 : 6, 1); }), alone);
    expect_nobody_has_port_0();
    EXPECT_TRUE(holds(5, 0x8000) && holds(6, 0xffff));
}

TEST_F(IoPortsTaken, AreTakenByOneAtATime) {
    InFrame<kern::UnmapJob> other(w.desk);
    other->start(w.space(4), l4_io_fpage(0, 4, 0), L4_FP_FLUSH);
    kern::Progress progress = kern::Progress::more;
    take(L4_FP_IO_WHOLE, [&] {
        kern::Steps steps(3);
        if (progress == kern::Progress::more) progress = w.db.run(*other, steps);
    });
    w.run(*other);
    expect_nobody_has_port_0();
}

TEST_F(IoPortsTaken, WhatIsGivenUpHalfWayLeavesTheRest) {
    {
        InFrame<kern::UnmapJob> job(w.desk);
        job->start(w.space(2), L4_FP_IO_WHOLE, L4_FP_FLUSH);
        kern::Steps steps(200);
        EXPECT_EQ(w.db.run(*job, steps), kern::Progress::more);
    }
    w.db.check();
    EXPECT_TRUE(holds(4, 0));
    give_port_0(6);
    EXPECT_TRUE(holds(6, 0));
}

TEST_F(IoPorts, NeedMemory) {
    EXPECT_TRUE(w.account(4).reserve(w.account(4).free() - 1).ok());
    EXPECT_EQ(give(2, 4, 0x70, 3), kern::Progress::no_memory);
    EXPECT_FALSE(holds(4, 0x70));
    w.account(4).unreserve(w.account(4).used() - 2);
}

} // namespace
} // namespace test
