// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "sim/world.h"
#include "test/support/referee.h"
#include "test/support/scenario_recorder.h"

namespace test {

/// A World that is compared with the specification after every event, and whose kernel checks its invariants.
/// Scenario tests use it in place of sim::World; a difference fails the test, says what differs, and stops
/// the world, and leaves a trace (ScenarioRecorder).
///
/// With bounded Limits and interrupts in the middle of long operations the specification can not follow; then
/// following() turns false and only the invariants are checked.
class CheckedWorld : public sim::World, private sim::Observer {
public:
    explicit CheckedWorld(const sim::WorldConfig& config = {});
    ~CheckedWorld() override; ///< compares all user memory a last time

    bool following() const { return referee_.following(); }
    std::uint64_t comparisons() const { return referee_.comparisons(); }

private:
    void before(sim::World&, const kern::Event& event, const kern::Thread& running) override;
    void after(sim::World&, const kern::Event& event, const kern::Thread& next) override;
    void accessed(sim::World&, const kern::Thread& running, kern::VAddr at, bool write) override;
    void report();

    ScenarioRecorder recorder_;
    Referee referee_;
    bool reported_ = false;
};

} // namespace test
