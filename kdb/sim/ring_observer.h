// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>

#include "kdb/ring.h"
#include "sim/world.h"

namespace kdb {

/// The trace ring of a World: World::observe(it).
class RingObserver : public sim::Observer {
public:
    void before(sim::World&, const kern::Event& event, const kern::Thread& running) override {
        ring_.before(event, running);
    }
    void after(sim::World& world, const kern::Event&, const kern::Thread& next) override {
        ring_.after(next, world.kernel().now());
    }
    const Ring& ring() const { return ring_; }

private:
    std::array<Record, 1024> records_{};
    Ring ring_{records_};
};

} // namespace kdb
