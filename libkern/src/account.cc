// SPDX-License-Identifier: BSD-2-Clause
#include "kern/account.h"

#include <algorithm>

namespace kern {

Result<PAddr> Account::take_frame() {
    if (used_ == limit_) return Err::no_memory;
    const PAddr frame = KTRY(pool_.take());
    ++used_;
    std::uint32_t* const words = pool_.at<std::uint32_t>(frame);
    std::fill(words, words + FramePool::frame_size / sizeof *words, 0);
    return frame;
}

void Account::give_frame(PAddr frame) {
    unreserve(1);
    pool_.give(frame);
}

Status Account::reserve(std::uint32_t frames) {
    if (frames > limit_ - used_) return Err::no_memory;
    used_ += frames;
    return Done{};
}

void Account::unreserve(std::uint32_t frames) {
    ensure(frames <= used_, "an account got back more than it had spent");
    used_ -= frames;
}

void Account::give_thread(void* slot) { threads_.give(pool_, slot); }

bool Account::release(Steps& steps) {
    return threads_.release(*this, pool_, steps) && nodes_.release(*this, pool_, steps);
}

} // namespace kern
