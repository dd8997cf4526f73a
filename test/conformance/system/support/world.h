// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "abi/test/abi_row.h"
#include "test/conformance/support/limits.h"
#include "test/conformance/support/world.h"

namespace conformance::system {

/// With the bounds of this test program.
inline sim::WorldConfig bounded(sim::WorldConfig config) {
    config.limits = limits;
    return config;
}

/// A world that is compared with the specification after each event.
class World : public conformance::World {
public:
    explicit World(const sim::WorldConfig& config = {}) : conformance::World(bounded(config)) {}
};

} // namespace conformance::system
