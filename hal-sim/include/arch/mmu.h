// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/memory.h"
#include "arch/tlb.h"
#include "kern/strong.h"

namespace arch {

/// Where a user's access goes: a physical address, or the error code of a page fault.
struct Translation {
    bool ok = false;
    kern::PAddr address{};
    std::uint32_t error = 0;
};

/// Walks IA-32 page tables (32 bit, 4 MiB pages on) for user-mode accesses: checks rights, sets accessed and
/// dirty, remembers in its TLB.  Before the first activate() nothing is mapped.
class Mmu {
public:
    static constexpr std::uint32_t fault_reserved = 1u
                                                    << 3; ///< error code: a reserved bit is set in an entry

    void activate(kern::PAddr directory);
    void invalidate(kern::VAddr va) { tlb_.invalidate(va); }
    /// One access of user code.  A read-only cached translation faults on a write even when the table allows
    /// it by now.
    Translation translate(Memory& memory, kern::VAddr va, bool write);
    bool active() const { return active_; }
    kern::PAddr directory() const { return directory_; }
    const Tlb& tlb() const { return tlb_; } ///< for tests that look for stale translations

private:
    Translation walk(Memory& memory, kern::VAddr va, bool write);
    Translation fault(kern::VAddr va, bool write, std::uint32_t why);

    Tlb tlb_;
    kern::PAddr directory_{};
    bool active_ = false;
};

} // namespace arch
