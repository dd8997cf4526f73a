// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "test/memory/io_ports.h"

namespace test {
namespace {

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

/// A step for each task that loses its last port, beside the one for the line.
TEST_F(IoPorts, ATaskThatLeavesCostsAStep) {
    for (std::uint16_t n : {4, 5, 6}) give(2, n, 0, 0);
    InFrame<kern::UnmapJob> job(w.desk);
    job->start(w.space(2), l4_io_fpage(0, 0, 0), L4_FP_FLUSH);
    unsigned n = 1;
    for (;; ++n) {
        kern::Steps one(1);
        if (w.db.run(*job, one) == kern::Progress::done) break;
    }
    EXPECT_GE(n, 10u);
}

TEST_F(IoPorts, TheirBitmapIsPaidInSteps) {
    constexpr std::uint32_t begin = 1, line = 3;
    kern::Steps steps(begin + line + 2 * kern::steps_per_frame + 1);
    InFrame<kern::MapJob> first(w.desk, w.space(2), w.space(4), l4_io_fpage(0, 0, 0), 0, whole);
    EXPECT_EQ(w.db.run(*first, steps), kern::Progress::done);
    EXPECT_TRUE(steps.take());
    EXPECT_TRUE(steps.exhausted());
}

TEST_F(IoPorts, NeedMemory) {
    EXPECT_TRUE(w.account(4).reserve(w.account(4).free() - 1).ok());
    EXPECT_EQ(give(2, 4, 0x70, 3), kern::Progress::no_memory);
    EXPECT_FALSE(holds(4, 0x70));
    w.account(4).unreserve(w.account(4).used() - 2);
}

} // namespace
} // namespace test
