// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "l4/abi/limits.h"

namespace l4env::sigma0 {

/// Who has which page frame of physical memory. The first to ask for one owns it for ever, and may ask again.
///
/// Above the last frame of the table everything is absent.
class Frames {
public:
    // What a frame is, or the number of the task that owns it.
    static constexpr std::uint16_t absent = 0;            ///< no RAM; devices may be there
    static constexpr std::uint16_t free = 1;              ///< anybody's who asks
    static constexpr std::uint16_t kept = L4_TASK_SIGMA0; ///< nobody's: the kernel's, sigma0's own
    static constexpr std::uint16_t shared = 3;            ///< everybody's

    explicit Frames(std::span<std::uint16_t> owners) : owners_(owners) {}

    /// [first, end) become `owner`'s, whoever had them. What lies above the table is ignored.
    void set(std::uint32_t first, std::uint32_t end, std::uint16_t owner);

    /// All 2^log2 bytes are RAM, and free, shared or the task's; they are the task's then. False: nothing
    /// changed.
    bool take(std::uint32_t address, std::uint32_t log2, std::uint16_t task);

    /// The lowest free block of this size, which is the task's then. Frame 0 is for those only who name it.
    bool take_any(std::uint32_t log2, std::uint16_t task, std::uint32_t& address);

    /// Nothing but devices, and what is shared.
    bool is_device(std::uint32_t address, std::uint32_t log2) const;

private:
    static constexpr std::uint32_t sizes = 32;
    std::uint16_t at(std::uint64_t frame) const { return frame < owners_.size() ? owners_[frame] : absent; }
    void give(std::uint64_t frame, std::uint64_t count, std::uint16_t task);

    std::span<std::uint16_t> owners_; ///< for each frame
    std::uint64_t next_[sizes] = {};  ///< below it, no block of this size is free: none becomes so again
};

} // namespace l4env::sigma0
