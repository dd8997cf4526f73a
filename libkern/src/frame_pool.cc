// SPDX-License-Identifier: BSD-2-Clause
#include "kern/frame_pool.h"

namespace kern {

Result<PAddr> FramePool::take() {
    if (fails_now()) return Err::no_memory;
    if (free_.raw() != 0) {
        const PAddr frame = free_;
        free_ = PAddr{*at<std::uint32_t>(frame)};
        hand_out(frame, frame_size);
        ++used_;
        ++taken_;
        return frame;
    }
    if (fresh_ == count_) return Err::no_memory;
    ++used_;
    ++taken_;
    return first_ + fresh_++ * frame_size;
}

void FramePool::give(PAddr frame) {
    ensure(used_ != 0 && frame >= first_ && frame < first_ + fresh_ * frame_size &&
               frame.raw() % frame_size == 0,
           "a frame was returned to a pool that it is not of");
    discard(frame, frame_size);
    *at<std::uint32_t>(frame) = free_.raw();
    free_ = frame;
    --used_;
}

} // namespace kern
