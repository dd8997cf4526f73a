// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/frame.h"
#include "l4/abi/types.h"

namespace sim {

/// The general registers that system calls take and return.  What is not named is 0.
struct Regs {
    std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0, esi = 0, edi = 0, ebp = 0;

    static Regs of(const arch::Frame& f) { return {f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp}; }
    void load_into(arch::Frame& f) const {
        f.eax = eax, f.ebx = ebx, f.ecx = ecx, f.edx = edx, f.esi = esi, f.edi = edi, f.ebp = ebp;
    }
    l4_threadid_t esi_edi() const { return {esi, edi}; }
    l4_threadid_t ebx_ebp() const { return {ebx, ebp}; }
    std::uint64_t edx_ecx() const { return std::uint64_t{edx} << 32 | ecx; }
    static const Regs& of(const Regs& r) { return r; }
    bool operator==(const Regs&) const = default;
};

} // namespace sim
