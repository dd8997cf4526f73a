// SPDX-License-Identifier: BSD-2-Clause
#include "kern/slab.h"

#include "kern/account.h"

namespace kern {

Status Slab::grow(Account& payer, FramePool& pool) {
    const PAddr frame = KTRY(payer.take_frame());
    *pool.at<std::uint32_t>(frame) = newest_.raw();
    newest_ = frame;
    ++frames_;
    for (std::uint32_t i = geometry_.count; i-- != 0;) {
        const PAddr slot = frame + (geometry_.first + i * geometry_.size);
        pool.discard(slot, geometry_.size);
        *pool.at<std::uint32_t>(slot) = free_.raw();
        free_ = slot;
    }
    return Done{};
}

bool Slab::release(Account& payer, FramePool& pool, Steps& steps) {
    ensure(used_ == 0, "a slab was released while slots were out");
    free_ = PAddr{};
    while (frames_ != 0) {
        if (!steps.take()) return false;
        const PAddr frame = newest_;
        newest_ = PAddr{*pool.at<std::uint32_t>(frame)};
        payer.give_frame(frame);
        --frames_;
    }
    return true;
}

} // namespace kern
