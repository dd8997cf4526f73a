// SPDX-License-Identifier: BSD-2-Clause
#include "kern/frame_pool.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace kern {
namespace {

constexpr std::uint32_t steps_per_part_of_table = 2; // each word is another
constexpr Fill fills[] = {Fill::zeros, Fill::ones, Fill::directory};

} // namespace

void FramePool::push(PAddr frame, Fill fill) {
    Stock& to = stock(fill);
    *at<std::uint32_t>(frame) = to.first.raw();
    to.first = frame;
    ++to.count;
}

/// A free frame, one of those full of `but` last; 0: there is none but those that are being written.
PAddr FramePool::find(Fill but) {
    if (free_.raw() != 0) {
        const PAddr frame = pop(free_);
        hand_out(frame, frame_size);
        return frame;
    }
    if (fresh_ != count_) return first_ + fresh_++ * frame_size;
    for (const Fill fill : fills)
        if (fill != but && stock(fill).count != 0) return pop(fill);
    return stock(but).count != 0 ? pop(but) : PAddr{};
}

bool FramePool::has_others(Fill but) const {
    return free_.raw() != 0 || fresh_ != count_ ||
           std::any_of(std::begin(fills), std::end(fills),
                       [&](Fill fill) { return fill != but && stock(fill).count != 0; });
}

Result<PAddr> FramePool::take() {
    if (fails_now()) return Err::no_memory;
    PAddr frame = find(Fill::zeros);
    if (frame.raw() == 0) std::swap(frame, filling_.frame);
    if (frame.raw() == 0) std::swap(frame, table_.frame);
    if (frame.raw() == 0) return Err::no_memory;
    ++used_;
    ++taken_;
    return frame;
}

Result<PAddr> FramePool::take_and_write(Fill fill) {
    const PAddr frame = KTRY(take());
    constexpr std::uint32_t part = words / 2;
    for (std::uint32_t first = 0; first < words; first += part) {
        machine_.rest(); // what has been done until now may have been much
        write(frame, first, part, fill);
    }
    machine_.rest(); // lets one come: who needs one frame often needs another
    return frame;
}

Result<PAddr> FramePool::take_table(std::uint32_t first) {
    if (fails_now()) return Err::no_memory;
    for (Steps part{steps_per_part_of_table}; !put_by_table(first, part);
         part = Steps{steps_per_part_of_table})
        machine_.rest();
    if (table_.frame.raw() == 0) return Err::no_memory;
    ++used_;
    return std::exchange(table_.frame, PAddr{});
}

void FramePool::give(PAddr frame) {
    ensure(used_ != 0 && is_mine(frame), "a frame was returned to a pool that it is not of");
    discard(frame, frame_size);
    *at<std::uint32_t>(frame) = free_.raw();
    free_ = frame;
    --used_;
}

void FramePool::give(PAddr frame, Fill full_of) {
    ensure(used_ != 0 && is_mine(frame), "a frame was returned to a pool that it is not of");
    push(frame, full_of);
    --used_;
}

void FramePool::write(PAddr frame, std::uint32_t first, std::uint32_t count, Fill fill) {
    std::uint32_t* const to = at<std::uint32_t>(frame);
    std::memset(to + first, fill == Fill::ones ? 0xff : 0, count * sizeof *to);
    if (fill != Fill::directory) return;
    const std::uint32_t from = std::max(first, directory_.from),
                        end = std::min(first + count, directory_.end);
    if (from < end)
        std::copy(at<std::uint32_t>(directory_.like) + from, at<std::uint32_t>(directory_.like) + end,
                  to + from);
}

/// put_by(), when there are too few.
bool FramePool::fill_more(Fill fill, std::uint32_t count, Steps& steps) {
    Work<Fill>& w = filling_;
    while (stock(fill).count < count) {
        if (w.frame.raw() == 0) {
            if (!has_others(fill)) return true;
            w = {.frame = find(fill)};
        }
        w.begin(fill);
        if (!steps.take()) return false;
        write(w.frame, w.done, piece, fill);
        machine_.rest(); // lets one come: that is done, whatever the steps that are left are for
        w.done += piece;
        if (w.done == words) push(std::exchange(w.frame, PAddr{}), fill);
    }
    return true;
}

bool FramePool::put_by_table(std::uint32_t first, Steps& steps) {
    Work<std::uint32_t>& w = table_;
    if (w.frame.raw() == 0) w = {.frame = find(Fill::zeros)};
    if (w.frame.raw() == 0) w = {.frame = std::exchange(filling_.frame, PAddr{})};
    if (w.frame.raw() == 0) return true;
    w.begin(first);
    for (; w.done != words; w.done += piece) {
        if (!steps.take_whole(steps_per_part_of_table)) return false;
        std::uint32_t* const to = at<std::uint32_t>(w.frame) + w.done;
        const std::uint32_t from = first + w.done * frame_size;
#pragma GCC unroll 8
        for (std::uint32_t i = 0; i < piece; ++i) to[i] = from + i * frame_size;
    }
    return true;
}

void FramePool::check() const {
    for (const Fill fill : fills) {
        const auto word_of = [&](std::uint32_t i) {
            const bool copied = fill == Fill::directory && i >= directory_.from && i < directory_.end;
            return copied ? at<std::uint32_t>(directory_.like)[i] : first_word(fill);
        };
        const Stock& s = stock(fill);
        std::uint32_t count = 0;
        for (PAddr frame = s.first; frame.raw() != 0; ++count) {
            const std::uint32_t* const all = at<std::uint32_t>(frame);
            for (std::uint32_t i = 1; i < words; ++i)
                ensure(all[i] == word_of(i), "M12: a free frame is not full of what it should be");
            frame = PAddr{*all};
        }
        ensure(count == s.count, "M12: free frames are miscounted");
    }
}

} // namespace kern
