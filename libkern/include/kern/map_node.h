// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "ia32/paging.h"
#include "kern/strong.h"
#include "kern/tree_link.h"

namespace kern {

/// One page of one space.  Where it came from is told by its place in a Preorder list; frame, rights and
/// status stand in the page table alone.
///
/// Each mapping has a serial number, and knows that of the mapping it was made from: so "is this a child of
/// that?" is answered without a walk, and a grant can move a mapping to another slot without finding its
/// children.
class MapNode : public TreeLink {
public:
    static constexpr std::uint64_t max_serial = (std::uint64_t{1} << 48) - 1;
    static constexpr std::uint16_t max_depth = 0xffff;

    MapNode(std::uint32_t space_ref, VAddr va, bool super_page, std::uint64_t serial)
        : where_(va.raw() | (super_page ? super_bit : 0)),
          serial_low_(static_cast<std::uint32_t>(serial)),
          serial_high_(static_cast<std::uint16_t>(serial >> 32)) {
        space = space_ref;
    }
    bool super() const { return (where_ & super_bit) != 0; }
    VAddr va() const { return VAddr{where_ & (super() ? ia32::super_mask : ia32::frame_mask)}; }
    std::uint64_t serial() const { return std::uint64_t{serial_high_} << 32 | serial_low_; }
    std::uint64_t parent_serial() const {
        return std::uint64_t{parent_high_} << 32 | parent_low_;
    } ///< 0: a root

    /// A 4 MiB page's frame of 1024 list heads, one for each 4 KiB part that is mapped on; 0: none.
    PAddr fan_out() const { return PAddr{super() ? (where_ << fan_out_shift) & ia32::frame_mask : 0}; }
    void set_fan_out(PAddr frame) {
        where_ = (where_ & (ia32::super_mask | super_bit)) | frame.raw() >> fan_out_shift;
    }
    void set_parent(std::uint64_t serial) {
        parent_low_ = static_cast<std::uint32_t>(serial);
        parent_high_ = static_cast<std::uint16_t>(serial >> 32);
    }
    /// Becomes the same mapping in another space: all but where it is.
    void take_place(const MapNode& old) {
        depth = old.depth;
        if (super()) set_fan_out(old.fan_out());
        serial_low_ = old.serial_low_, serial_high_ = old.serial_high_;
        parent_low_ = old.parent_low_, parent_high_ = old.parent_high_;
    }

private:
    /// A 4 MiB page's address leaves 22 bits: room for a frame number and the flag.
    static constexpr std::uint32_t super_bit = 1, fan_out_shift = 10;

    std::uint32_t where_;
    std::uint32_t serial_low_, parent_low_ = 0;
    std::uint16_t serial_high_, parent_high_ = 0;
};
static_assert(sizeof(MapNode) == 32);

} // namespace kern
