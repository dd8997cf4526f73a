// SPDX-License-Identifier: BSD-2-Clause
// Whatever the kernel is at, an interrupt waits for the end of one kernel entry and no longer (testing V2,
// V16).
#include <gtest/gtest.h>

#include "test/attack/support/mass.h"

namespace attack {
namespace {

class Latency : public ::testing::TestWithParam<Mass> {};
INSTANTIATE_TEST_SUITE_P(Of, Latency, ::testing::ValuesIn(masses()),
                         [](const auto& p) { return std::string(p.param.name); });

/// A thread more urgent than all others is woken by an interrupt after every kernel entry.
TEST_P(Latency, IsOneKernelEntryThoughThereAreAThousand) {
    const Mass& mass = GetParam();
    Watched w(roomy(), 512); // of 1,000 tasks' ports a check takes long
    Drumfire fire(w);
    w.spawn({.task = 9,
             .program = w.program([](User u) -> Program {
                 co_await u.attach(Drumfire::line.raw());
                 for (;;) co_await u.receive(l4_irq_id(Drumfire::line.raw()));
             }),
             .prio = 200});
    const Mass::Scene scene = mass.stand(w, mass.sizes[2]);
    fire.begin();
    scene.go(w);
    EXPECT_EQ(w.run(400000), sim::End::idle);
    fire.end();
    EXPECT_TRUE(scene.done(w));
    EXPECT_EQ(fire.longest(), 1u);
    EXPECT_GT(fire.shots(), 10u);
}

} // namespace
} // namespace attack
