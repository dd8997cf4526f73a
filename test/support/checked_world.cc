// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/checked_world.h"

#include <gtest/gtest.h>

#include "ia32/paging.h"
#include "test/support/observe.h"

namespace test {

CheckedWorld::CheckedWorld(const sim::WorldConfig& config)
    : World(config),
      recorder_(*this, config),
      referee_(kernel(), machine(), config.limits, config.sigma0_frames) {
    observe(*this);
    report();
}

CheckedWorld::~CheckedWorld() {
    referee_.finish();
    report();
}

void CheckedWorld::before(sim::World&, const kern::Event& event, const kern::Thread&) {
    referee_.before(event);
    report();
}

void CheckedWorld::after(sim::World&, const kern::Event& event, const kern::Thread&) {
    referee_.after(event);
    report();
}

void CheckedWorld::accessed(sim::World&, const kern::Thread&, kern::VAddr at, bool write) {
    referee_.accessed(at, write);
    if (write) referee_.stored(at, ia32::page_size - at.raw() % ia32::page_size);
    report();
}

/// Only the first difference: what follows from it would hide it.
void CheckedWorld::report() {
    if (reported_ || referee_.mismatch().empty()) return;
    reported_ = true;
    stop();
    const std::string what = "event " + std::to_string(events()) +
                             ": the kernel and the specification differ: " + referee_.mismatch();
    ADD_FAILURE() << what << "\n" << recorder_.leave(true, what);
}

} // namespace test
