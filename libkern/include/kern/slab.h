// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/frame_pool.h"
#include "kern/limits.h"
#include "kern/result.h"

namespace kern {

class Account;

/// Raw slots of one size out of an account's frames.  Grows by a frame when it is full; shrinks only as a
/// whole.
///
/// What a slab costs is therefore a function of the most slots that were ever in use, the same on every host.
class Slab {
public:
    /// `count` slots of `size` bytes, the first at `first`, the last at a frame's end; the bytes before them
    /// link the slab's frames.
    struct Geometry {
        std::uint32_t size, first, count;
    };
    explicit constexpr Slab(Geometry geometry) : geometry_(geometry) {}

    /// A slot with arbitrary contents.
    Result<void*> take(Account& payer, FramePool& pool) {
        if (pool.fails_now()) return Err::no_memory;
        PAddr slot = free_;
        if (slot.raw() != 0) {
            free_ = PAddr{*pool.at<std::uint32_t>(slot)};
        } else {
            if (fresh_.raw() == 0) KTRY(grow(payer, pool));
            slot = fresh_;
            fresh_ = slot + geometry_.size;
            if (fresh_.raw() % FramePool::frame_size == 0) fresh_ = PAddr{};
        }
        pool.hand_out(slot, geometry_.size);
        ++used_;
        return static_cast<void*>(pool.at<std::byte>(slot));
    }
    /// Will take() need no frame?  And no test lets it fail.
    bool has_slot(const FramePool& pool) const {
        return (free_.raw() != 0 || fresh_.raw() != 0) && !pool.failure_pending();
    }
    void give(FramePool& pool, void* slot) {
        ensure(used_ != 0, "a slot was returned to a slab that it is not of");
        const PAddr at = pool.of(slot);
        pool.discard(at, geometry_.size);
        *pool.at<std::uint32_t>(at) = free_.raw();
        free_ = at;
        --used_;
    }
    /// Returns its frames, one a step; no slot may be in use.  False: there are more.
    bool release(Account& payer, FramePool& pool, Steps& steps);

    std::uint32_t used() const { return used_; }
    std::uint32_t frames() const { return frames_; }

private:
    Status grow(Account& payer, FramePool& pool);

    const Geometry geometry_;
    std::uint32_t used_ = 0, frames_ = 0;
    PAddr free_{}, newest_{}; ///< chains of free slots and of frames, through their first words
    PAddr fresh_{};           ///< the first slot of the newest frame that was never used, with all behind it
};

} // namespace kern
