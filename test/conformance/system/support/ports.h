// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <utility>
#include <vector>

#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// A set of I/O ports, as runs of a first and a last one.
class Ports {
public:
    using Run = std::pair<std::uint32_t, std::uint32_t>;
    static constexpr std::uint32_t count = 0x10000;

    Ports() = default;
    Ports(std::initializer_list<Run> runs) : runs_(runs) {}

    /// What the kernel says of a task.
    static Ports of(sim::World& world, l4_threadid_t task) {
        const kern::Space& space = world.find(task)->task().space();
        return where([&](std::uint16_t port) { return world.kernel().map_db().holds_port(space, port); });
    }
    /// What the machine lets the running program use.
    static Ports of_running(sim::World& world) {
        return where([&](std::uint16_t port) { return world.machine().port_allowed(port, 1); });
    }

    bool operator==(const Ports&) const = default;
    friend void PrintTo(const Ports& ports, std::ostream* out) { // found by googletest
        for (const Run& run : ports.runs_) *out << std::hex << run.first << '-' << run.second << ' ';
    }

private:
    template <class F>
    static Ports where(F holds) {
        Ports ports;
        for (std::uint32_t port = 0; port < count; ++port) {
            if (!holds(static_cast<std::uint16_t>(port))) continue;
            if (ports.runs_.empty() || ports.runs_.back().second + 1 != port)
                ports.runs_.emplace_back(port, port);
            ports.runs_.back().second = port;
        }
        return ports;
    }
    std::vector<Run> runs_;
};

/// From whom a task has its ports.
inline kern::TaskNo giver(sim::World& world, l4_threadid_t task) {
    return world.kernel().map_db().port_giver(world.find(task)->task().space());
}

} // namespace conformance::system
