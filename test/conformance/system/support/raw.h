// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <ios>
#include <ostream>

#include "sim/regs.h"

namespace sim {

inline void PrintTo(const Regs& r, std::ostream* out) { // found by googletest
    *out << std::hex << "eax " << r.eax << " ebx " << r.ebx << " ecx " << r.ecx << " edx " << r.edx << " esi "
         << r.esi << " edi " << r.edi << " ebp " << r.ebp << std::dec;
}

} // namespace sim

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
