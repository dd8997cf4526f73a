// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "l4/abi/limits.h"

namespace l4env::root {

/// The page frames that the root task has, and which of its tasks has which.
class Pool {
public:
    static constexpr std::uint16_t foreign = 0xffff; ///< not the root task's
    static constexpr std::uint16_t in_use = 0xfffe;  ///< RAM that somebody else has
    static constexpr std::uint16_t kept = 0xfffd;    ///< RAM for those only who name it
    static constexpr std::uint16_t free = 0;

    /// One entry for each frame of the machine; all are foreign at first.
    explicit Pool(std::span<std::uint16_t> owners);

    /// The block becomes free. What is no frame of the table is ignored.
    void add(std::uint32_t address, std::uint32_t bytes);
    /// Foreign frames whose address f says to be RAM are in use.
    template <class F>
    void use_if(F f) {
        for (std::uint32_t i = 0; i < owners_.size(); ++i)
            if (owners_[i] == foreign && f(i << L4_PAGE_SHIFT)) owners_[i] = in_use;
    }
    /// The first frame of first..last (addresses) that is in use; 0: there is none, or frame 0.
    std::uint32_t used(std::uint32_t first, std::uint32_t last) const;
    /// What is free of first..last is kept from now on.
    void keep(std::uint32_t first, std::uint32_t last);
    /// The whole block is.
    bool keeps(std::uint32_t address, std::uint32_t bytes) const { return has(kept, address, bytes); }
    /// `count` frames in a row, aligned to `align` frames (a power of two); 0: there are none.
    std::uint32_t take(std::uint16_t task, std::uint32_t count, std::uint32_t align = 1);
    /// The task has this block.
    bool has(std::uint16_t task, std::uint32_t address, std::uint32_t bytes) const;
    /// Calls f(address, bytes) for each run of frames of the task, which are free then.
    template <class F>
    void release(std::uint16_t task, F f) {
        for (std::uint32_t first = 0; first < owners_.size();) {
            if (owners_[first] != task) {
                ++first;
                continue;
            }
            std::uint32_t end = first;
            while (end < owners_.size() && owners_[end] == task) owners_[end++] = free;
            f(first << L4_PAGE_SHIFT, (end - first) << L4_PAGE_SHIFT);
            first = end;
        }
        next_ = 0;
    }
    std::uint32_t free_frames() const;

private:
    /// The frame behind the last address.
    std::uint64_t end_of(std::uint32_t last) const;

    std::span<std::uint16_t> owners_;
    std::uint32_t next_ = 0; ///< no frame below is free
};

} // namespace l4env::root
