// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "sim/regs.h"

namespace conformance::system {

/// A system call whose registers are all seen.
template <std::uint32_t Vector>
struct Raw {
    using Result = sim::Regs;
    static constexpr std::uint32_t vector = Vector;
    sim::Regs in{};
    sim::Regs regs() const { return in; }
};

/// The same registers but for EAX: what a refused call leaves.
constexpr sim::Regs with_eax(sim::Regs in, std::uint32_t eax) {
    in.eax = eax;
    return in;
}

} // namespace conformance::system
