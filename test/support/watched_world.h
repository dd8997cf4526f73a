// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "sim/world.h"
#include "test/support/scenario_recorder.h"

namespace test {

/// A World whose kernel checks its invariants after each event (or each n-th), for what the specification
/// would take too long for; a broken one leaves a trace.  CheckedWorld compares with it, too.
class WatchedWorld : public sim::World, private sim::Observer {
public:
    explicit WatchedWorld(const sim::WorldConfig& config = {}, std::uint32_t each = 1)
        : World(config), recorder_(*this, config), each_(each) {
        observe(*this);
    }
    ~WatchedWorld() override = default;

private:
    void after(sim::World&, const kern::Event&, const kern::Thread&) override {
        if (events() % each_ == 0) kernel().check_invariants();
    }
    ScenarioRecorder recorder_;
    const std::uint32_t each_;
};

} // namespace test
