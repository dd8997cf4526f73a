// SPDX-License-Identifier: BSD-2-Clause
#include "kern/slab.h"

#include "kern/account.h"

namespace kern {

Status Slab::grow(Account& payer, FramePool& pool) {
    const PAddr frame = KTRY(payer.take_any_frame());
    *pool.at<std::uint32_t>(frame) = newest_.raw();
    newest_ = frame;
    ++frames_;
    fresh_ = frame + geometry_.first;
    pool.discard(fresh_, geometry_.count * geometry_.size);
    return Done{};
}

bool Slab::release(Account& payer, FramePool& pool, Steps& steps) {
    ensure(used_ == 0, "a slab was released while slots were out");
    free_ = PAddr{};
    fresh_ = PAddr{};
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
