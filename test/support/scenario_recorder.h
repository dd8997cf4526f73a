// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "arch/frame.h"
#include "sim/world.h"
#include "test/lockstep/flight_recorder.h"

namespace test {

/// Writes down what happens in a World as a trace (docs/traces.md), so that a scenario that fails leaves one
/// like a random trace does.  A broken invariant or a crash leaves it, too; of several Worlds at once, the
/// youngest's.
///
/// Not in it: the contents of floating-point registers, and what a test does to the machine or to the kernel
/// behind the programs' backs.
class ScenarioRecorder : private sim::Observer {
public:
    /// The World has been started and nothing has happened in it.
    ScenarioRecorder(sim::World& world, const sim::WorldConfig& config);

    /// Keeps the trace; returns what to tell people: the step, where the trace is, and how to replay it and
    /// the test.  `compared`: the specification followed to the end.
    std::string leave(bool compared, const std::string& what);

private:
    using Page = std::vector<std::byte>;

    void before(sim::World& world, const kern::Event& event, const kern::Thread& running) override;
    void after(sim::World& world, const kern::Event& event, const kern::Thread& next) override;
    void accessed(sim::World& world, const kern::Thread& running, kern::VAddr at, bool write) override;
    void pass(sim::World& world);
    void take_registers(const kern::Thread& running, bool general_too);
    void take_stores(sim::World& world, kern::VAddr at);
    void add(const Action& action);

    Recording recording_;
    const std::string name_;              ///< of the trace
    kern::Micros now_{};                  ///< up to which the trace has come
    arch::Frame known_{};                 ///< the running thread's registers, as the kernel left them
    std::set<std::uint64_t> seen_;        ///< threads that have run
    std::map<std::uint32_t, Page> pages_; ///< by physical address: what the trace has stored in them
    bool too_long_ = false;               ///< there are actions behind the most that are kept
    const FlightRecorder flight_;
};

} // namespace test
