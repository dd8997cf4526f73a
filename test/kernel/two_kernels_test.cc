// SPDX-License-Identifier: BSD-2-Clause
// libkern has no state of its own: kernels in one process do not meet.
#include <gtest/gtest.h>

#include "sim/world.h"

namespace {

constexpr l4_threadid_t server = l4_threadid(6, 0);

/// A client that calls an echo server `calls` times.
struct Pair {
    explicit Pair(unsigned calls) {
        world.spawn(6, [](sim::User u) -> sim::Program {
            sim::IpcResult r = co_await u.wait();
            for (;;) r = co_await u.reply_and_wait(r.from, r.w0 + 1, 0);
        });
        world.spawn(5, [this, calls](sim::User u) -> sim::Program {
            for (unsigned i = 0; i < calls; ++i) {
                const sim::IpcResult r = co_await u.call(server, last, 0);
                last = r.w0;
            }
        });
    }
    std::uint32_t last = 0;
    sim::World world;
};

TEST(TwoKernels, OneDoesNotSeeTheThreadsOfTheOther) {
    Pair a(1);
    sim::World b;
    a.world.run();
    b.run();
    EXPECT_NE(a.world.find(server), nullptr);
    EXPECT_EQ(b.find(server), nullptr);
}

TEST(TwoKernels, TakingTurnsTheyDoWhatEachDoesAlone) {
    Pair alone_a(20), alone_b(7), a(20), b(7);
    alone_a.world.run();
    alone_b.world.run();
    for (int turn = 0; turn < 10000; ++turn) {
        a.world.run(1);
        b.world.run(1);
    }
    EXPECT_EQ(a.last, 20u);
    EXPECT_EQ(b.last, 7u);
    EXPECT_EQ(a.world.hash(), alone_a.world.hash());
    EXPECT_EQ(b.world.hash(), alone_b.world.hash());
}

} // namespace
