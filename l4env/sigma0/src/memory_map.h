// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "l4/abi/kip.h"
#include "l4env/sigma0/src/frames.h"

namespace l4env::sigma0 {

/// The kernel's list of memory: where two of its entries overlap, the later one holds.
class MemoryMap {
public:
    explicit MemoryMap(std::span<const l4_kip_mem_t> list) : list_(list) {}
    /// That of the page; an empty one if it has none inside the page.
    static MemoryMap of(const l4_kip_t& kip);

    /// End of the highest memory that is described, whosever it is.
    std::uint32_t end() const;
    /// At the address is RAM, of whomever: neither a device nor what everybody may have.
    bool is_ram(std::uint32_t address) const;
    /// The highest place for this many bytes (whole pages) that is RAM and nobody's; 0: there is none.
    std::uint32_t place(std::uint32_t bytes) const;
    /// Conventional memory is free, the boot loader's is the root task's.
    void apply(Frames& frames) const;

private:
    bool is_free(std::uint32_t first, std::uint32_t end) const;
    std::span<const l4_kip_mem_t> list_;
};

} // namespace l4env::sigma0
