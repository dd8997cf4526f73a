// SPDX-License-Identifier: BSD-2-Clause
// A set of I/O ports, kept as runs.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "spec/ids.h"

namespace spec {

class PortSet {
public:
    using Run = std::pair<std::uint16_t, std::uint16_t>; ///< first and last

    static PortSet all();
    static PortSet range(std::uint64_t begin, std::uint64_t end);

    bool empty() const { return runs_.empty(); }
    bool contains(std::uint16_t port) const;
    const std::vector<Run>& runs() const { return runs_; }

    PortSet operator&(const PortSet&) const;
    PortSet operator|(const PortSet&) const;
    PortSet operator-(const PortSet&) const;

private:
    template <typename Keep>
    static PortSet combine(const PortSet&, const PortSet&, Keep);

    std::vector<Run> runs_; ///< ascending, never touching each other
};

} // namespace spec
