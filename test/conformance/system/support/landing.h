// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <vector>

#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// A place to send threads to: tells with which registers they come.
class Landing {
public:
    explicit Landing(sim::World& world) : entry_(world.program([this](User u) { return land(u); })) {}
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;

    sim::Entry entry() const { return entry_; }
    bool reached() const { return !arrivals_.empty(); }
    /// The last to come.
    l4_threadid_t who() const { return arrivals_.back().who; }
    const arch::Frame& frame() const { return arrivals_.back().frame; }
    sim::Regs regs() const { return sim::Regs::of(frame()); }

private:
    struct Arrival {
        l4_threadid_t who{};
        arch::Frame frame{};
    };
    Program land(User u) {
        arch::Frame frame{};
        co_await u.look(frame);
        arrivals_.push_back({u.raw_id(), frame});
    }
    std::vector<Arrival> arrivals_;
    sim::Entry entry_;
};

} // namespace conformance::system
