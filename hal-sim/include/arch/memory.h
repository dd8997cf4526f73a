// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kern/strong.h"

namespace arch {

/// Physical memory: a bank for users from address 0 on, a contiguous bank for the kernel at `kernel_base`,
/// and open bus everywhere else (reads 0xff, writes are lost).
///
/// A value: a copy is another memory with the same contents; assigned to one of the same size they are there
/// in place, where pointers into it find them.  As on hardware nobody promises the kernel cleared memory: its
/// bank holds `rubbish` at the start, the users' bank zeros.  Making one costs what the last one of the same
/// size touched, not its size: banks are handed on within a host thread, and a frame is cleaned when it was
/// asked for with page().  So every frame must be asked for by page() before it is used.
class Memory {
public:
    static constexpr kern::PAddr kernel_base{0x10000000};
    static constexpr std::byte rubbish{0xa5};
    static constexpr std::uint32_t frame_size = 4096;

    Memory(std::uint32_t user_frames, std::uint32_t kernel_frames);
    Memory(const Memory& other);
    Memory& operator=(const Memory& other);
    ~Memory();

    /// The frame that holds `pa`.  Of open bus: a scratch frame, the same for all, refilled with 0xff by each
    /// call.
    std::span<std::byte, frame_size> page(kern::PAddr pa) {
        const std::uint32_t frame = index(pa);
        if (frame == none) [[unlikely]]
            return open_bus();
        touched_[frame] = 1;
        return std::span<std::byte, frame_size>(bytes_ + std::size_t{frame} * frame_size, frame_size);
    }
    bool backed(kern::PAddr pa) const { return index(pa) != none; }
    /// Was the frame asked for since it was cleaned?  If not, a user's frame is all zeros.
    bool touched(kern::PAddr pa) const { return backed(pa) && touched_[index(pa)] != 0; }
    /// The physical address of a byte of either bank; anything else is a broken invariant.
    kern::PAddr address(const void* p) const;

    /// Kernel memory goes out of use, but for its first word, and back.  Aligned to 8 bytes.
    static void discard(std::span<std::byte> bytes, bool spoil);
    static void hand_out(std::span<std::byte> bytes);

    std::uint32_t user_frames() const { return user_; }
    std::uint32_t kernel_frames() const { return kernel_; }

private:
    static constexpr std::uint32_t none = ~0u;
    std::uint32_t index(kern::PAddr pa) const {
        const std::uint32_t frame = pa.raw() / frame_size, high = frame - kernel_base.raw() / frame_size;
        return frame < user_ ? frame : high < kernel_ ? user_ + high : none;
    }
    std::size_t frames() const { return std::size_t{user_} + kernel_; }
    std::span<std::byte, frame_size> open_bus();
    void acquire();
    void release();
    void copy(const Memory& other);
    void clean(std::size_t frame);

    std::uint32_t user_, kernel_;
    std::byte* bytes_ = nullptr;      ///< user bank, kernel bank, the open bus's scratch frame
    std::uint8_t* touched_ = nullptr; ///< one per frame, behind the scratch frame
};

} // namespace arch
