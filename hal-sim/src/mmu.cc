// SPDX-License-Identifier: BSD-2-Clause
#include "arch/mmu.h"

#include <cstring>

#include "ia32/paging.h"

namespace arch {
namespace {

/// An entry of a page directory or page table in RAM.
class EntryInRam {
public:
    EntryInRam(Memory& memory, std::uint32_t table, std::uint32_t index)
        : at_(memory.page(kern::PAddr{table & ia32::frame_mask}).data() + index * sizeof value_) {
        std::memcpy(&value_, at_, sizeof value_);
    }
    std::uint32_t value() const { return value_; }
    /// Writes only what changes, as the hardware does.
    void set(std::uint32_t bits) {
        if ((value_ & bits) == bits) return;
        value_ |= bits;
        std::memcpy(at_, &value_, sizeof value_);
    }

private:
    std::byte* at_;
    std::uint32_t value_ = 0;
};

constexpr std::uint32_t both = ia32::user | ia32::writable;
/// Bits of a superpage's directory entry that must be zero: frame bits 12..21, but for PAT.
constexpr std::uint32_t super_reserved = 0x003fe000;

} // namespace

void Mmu::activate(kern::PAddr directory) {
    directory_ = directory;
    active_ = true;
    tlb_.clear();
}

Translation Mmu::translate(Memory& memory, kern::VAddr va, bool write) {
    if (const Tlb::Hit hit = tlb_.find(va)) {
        if (write && !hit.allows_write()) return fault(va, write, ia32::fault_present);
        if (!write || hit.dirty()) return {true, hit.address(va), 0};
        // The first write through a clean translation goes back to the tables to set the dirty bit.
    }
    if (!active_) return fault(va, write, 0);
    return walk(memory, va, write);
}

Translation Mmu::walk(Memory& memory, kern::VAddr va, bool write) {
    std::uint32_t upper = tlb_.directory_entry(va);
    if (upper == 0) {
        EntryInRam pde(memory, directory_.raw(), ia32::directory_index(va.raw()));
        upper = pde.value();
        if (!(upper & ia32::present)) return fault(va, write, 0);
        if (upper & ia32::super) {
            if (upper & super_reserved) return fault(va, write, ia32::fault_present | fault_reserved);
            if (!(upper & ia32::user) || (write && !(upper & ia32::writable)))
                return fault(va, write, ia32::fault_present);
            pde.set(write ? ia32::accessed | ia32::dirty : ia32::accessed);
            const Tlb::Hit hit{pde.value(), true};
            tlb_.remember(va, hit);
            return {true, hit.address(va), 0};
        }
        if (!(upper & ia32::user) || (write && !(upper & ia32::writable)))
            return fault(va, write, ia32::fault_present);
        pde.set(ia32::accessed);
        tlb_.remember_directory(va, pde.value());
    }
    EntryInRam pte(memory, upper, ia32::table_index(va.raw()));
    if (!(pte.value() & ia32::present)) return fault(va, write, 0);
    const std::uint32_t rights = upper & pte.value() & both;
    if (!(rights & ia32::user) || (write && !(rights & ia32::writable)))
        return fault(va, write, ia32::fault_present);
    pte.set(write ? ia32::accessed | ia32::dirty : ia32::accessed);
    const Tlb::Hit hit{(pte.value() & ~both) | rights, false};
    tlb_.remember(va, hit);
    return {true, hit.address(va), 0};
}

Translation Mmu::fault(kern::VAddr va, bool write, std::uint32_t why) {
    tlb_.drop(va);
    return {false, {}, why | ia32::fault_user | (write ? std::uint32_t{ia32::fault_write} : 0)};
}

} // namespace arch
