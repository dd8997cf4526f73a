// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/frame.h"
#include "l4/abi/types.h"

namespace sim {

/// Bits of EFLAGS that the simulated processor looks at: single steps, interrupts, I/O privilege; and two
/// that no user may have set.
inline constexpr std::uint32_t eflags_trap = 1u << 8, eflags_interrupts = 1u << 9, eflags_iopl = 3u << 12,
                               eflags_nested = 1u << 14, eflags_vm86 = 1u << 17;

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
