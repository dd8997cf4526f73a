// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <functional>
#include <vector>

#include "test/attack/support/world.h"

namespace attack {

/// Something that takes longer the more there is of it.
struct Mass {
    const char* name;
    Word sizes[3];
    static constexpr std::uint16_t clock_task = 10; ///< waits until everybody waits
    /// `go` does the operation that is looked at.
    struct Scene {
        std::function<void(sim::World&)> go;
        std::function<bool(sim::World&)> done; ///< afterwards: has it done what it should?
    };
    std::function<Scene(sim::World&, Word n)> build; ///< starts programs that make `n` of it
    bool in_a_heap = false; ///< grows with the logarithm: as much from 10 to 100 as from there to 1,000
    /// Builds it, and runs until everybody waits.
    Scene stand(sim::World& w, Word n) const;
};

/// Trees of mappings and of ports, queues of senders, timeouts, tasks, slabs, long messages.
const std::vector<Mass>& masses();

/// Memory for the largest of them, with a 4 MiB page that sigma0 can give.
inline sim::WorldConfig roomy(const kern::Limits& limits = {}) {
    return {.machine = {.user_pages = 2048, .kernel_pages = 16384}, .limits = limits};
}

} // namespace attack
