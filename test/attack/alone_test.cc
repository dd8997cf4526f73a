// SPDX-License-Identifier: BSD-2-Clause
// A long operation goes on in the same entry as long as no interrupt comes (docs/semantics.md 1.4), and does
// the same as in many.
#include <gtest/gtest.h>

#include "test/attack/support/mass.h"

namespace attack {
namespace {

class Alone : public ::testing::TestWithParam<Mass> {};
INSTANTIATE_TEST_SUITE_P(Of, Alone, ::testing::ValuesIn(masses()),
                         [](const auto& p) { return std::string(p.param.name); });

/// Leaves the kernel alone so often in each entry.
class LeftAlone : private sim::Observer {
public:
    LeftAlone(sim::World& w, std::uint64_t times) : times_(times) { w.observe(*this); }

private:
    void before(sim::World& w, const kern::Event&, const kern::Thread&) override {
        w.machine().leave_alone(times_);
    }
    const std::uint64_t times_;
};

/// The events that it takes.
std::uint64_t events(const Mass& mass, std::uint64_t times) {
    Watched w(roomy({.bytes = 64, .pages = 4, .timeouts = 4, .threads = 1, .chain = 2}), 512);
    const LeftAlone alone(w, times);
    const Mass::Scene scene = mass.stand(w, mass.sizes[1]);
    const std::uint64_t before = w.events();
    scene.go(w);
    EXPECT_EQ(w.run(400000), sim::End::idle);
    EXPECT_TRUE(scene.done(w)) << times;
    return w.events() - before;
}

TEST_P(Alone, ItTakesFewerEntries) {
    const std::uint64_t never = events(GetParam(), 0), twice = events(GetParam(), 2),
                        always = events(GetParam(), ~std::uint64_t{0});
    EXPECT_LE(twice, never);
    EXPECT_LE(always, twice);
    std::printf("%-30s %6llu %6llu %6llu events\n", GetParam().name, static_cast<unsigned long long>(never),
                static_cast<unsigned long long>(twice), static_cast<unsigned long long>(always));
}

} // namespace
} // namespace attack
