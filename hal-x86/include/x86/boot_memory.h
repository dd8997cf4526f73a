// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "x86/multiboot.h"

namespace x86 {

/// Physical addresses [first, end).
struct Range {
    std::uint32_t first = 0, end = 0;
    constexpr std::uint32_t size() const { return end - first; }
    constexpr bool contains(Range r) const { return r.first >= first && r.end <= end; }
    constexpr bool meets(Range r) const { return first < r.end && r.first < end; }
};

/// Where RAM is, and what of it the kernel takes: from the top of the direct range down, the kernel's memory,
/// the boot area, and the modules.
class BootMemory {
public:
    static constexpr std::uint32_t smallest = 16u << 20; ///< RAM that a machine must have, in one piece

    explicit BootMemory(const multiboot::Info& info);

    std::span<const Range> ram() const { return {ranges_.data(), count_}; }
    bool is_ram(Range r) const;
    std::uint32_t total() const;   ///< bytes of RAM
    std::uint32_t largest() const; ///< bytes of RAM in one piece from 1 MiB on
    /// Cuts the kernel's parts out.  False: there is too little.
    bool divide();

    Range image() const; ///< the kernel's text and data
    Range pool() const { return pool_; }
    Range boot_area() const { return area_; }

    // Parts of the boot area.
    std::uint32_t kip() const { return area_.first; }
    Range stack() const { return {area_.first + 4096, area_.first + 8192}; } ///< sigma0's first
    Range info_copy() const { return {area_.first + 8192, area_.end}; }

private:
    static constexpr std::uint32_t area_size = 64u << 10;
    void add(std::uint64_t base, std::uint64_t length);

    std::array<Range, 32> ranges_{};
    std::size_t count_ = 0;
    Range pool_, area_;
};

} // namespace x86
