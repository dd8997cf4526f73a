// SPDX-License-Identifier: BSD-2-Clause
#include "kern/io_tree.h"

#include <algorithm>

#include "kern/ensure.h"

namespace kern {

namespace {

constexpr std::uint32_t ports_per_frame = 32768;

/// How many bits are set.  Interrupts are off, and processors as old as these have no instruction for it.
std::uint32_t ones(std::uint32_t word) {
    if (word + 1 <= 1) return word & 32; // all or none, as most are
    word -= word >> 1 & 0x55555555;
    word = (word & 0x33333333) + (word >> 2 & 0x33333333);
    return ((word + (word >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}

} // namespace

/// Bits of the word of `port` that lie in the range: all, for most words.
inline std::uint32_t IoTree::mask(Range range, std::uint32_t port) {
    const std::uint32_t base = port & ~31u;
    if (range.first <= base && range.end >= base + 32) return ~0u;
    const std::uint32_t from = range.first > base ? ~0u << (range.first - base) : ~0u;
    const std::uint32_t to = range.end < base + 32 ? ~(~0u << (range.end - base)) : ~0u;
    return from & to;
}

std::uint32_t& IoTree::word(const Space& space, std::uint32_t port) const {
    const PAddr frame = space.io_.bitmap[port / ports_per_frame];
    return pool_.at<std::uint32_t>(frame)[port % ports_per_frame / 32];
}

Status IoTree::give_all(Space& space) {
    ensure(!space.io_.linked(), "all ports were given to a task that held some");
    KTRY(make_free_bitmap(space));
    space.io_.giver = 0;
    space.io_.depth = 0;
    order_.insert_alone(space.io_);
    for (std::uint32_t p = 0; p < ports; p += 32) word(space, p) = 0;
    space.io_.count = ports;
    changed(space);
    return Done{};
}

/// Who has no ports gives none, and waits for nobody.
Progress IoTree::map(MapJob& job, Steps& steps) {
    if (job.phase_ == Phase::idle) {
        if (job.at_ == job.end_ || !job.from_->io_.linked()) return Progress::done;
        enqueue(job, Phase::to_give);
    }
    return run(job, steps);
}

Progress IoTree::unmap(UnmapJob& job, Steps& steps) {
    if (job.phase_ == Phase::idle) {
        if (!job.flush() || !job.space_->io_.linked()) return Progress::done;
        enqueue(job, Phase::to_take);
    }
    return run(job, steps);
}

void IoTree::enqueue(PortJob& job, Phase phase) {
    job.phase_ = phase;
    queue_.push_back(job);
}

/// Does what is queued, up to this job.
Progress IoTree::run(const PortJob& job, Steps& steps) {
    while (job.place_.linked())
        if (!advance(*queue_.front(), steps)) return Progress::more;
    return job.phase_ == Phase::no_memory ? Progress::no_memory : Progress::done;
}

/// False: out of steps.  Each job costs one, or many that have nothing to do could end in one entry.
bool IoTree::advance(PortJob& first, Steps& steps) {
    switch (first.phase_) {
        case Phase::to_give:
            if (!steps.take()) return false;
            begin_giving(static_cast<MapJob&>(first));
            return true;
        case Phase::to_take:
            if (!steps.take()) return false;
            begin_taking(static_cast<UnmapJob&>(first));
            return true;
        case Phase::giving: return give(static_cast<MapJob&>(first), steps);
        default: return take(first, steps);
    }
}

void IoTree::end(PortJob& job, Phase how) {
    job.phase_ = how;
    queue_.remove(job);
}

/// The receiver must hold nothing, or, unless it is a grant, what this giver gave.
void IoTree::begin_giving(MapJob& job) {
    const IoRights &from = job.from_->io_, &to = job.to_->io_;
    const bool more = to.linked() && !job.send_.grant() && to.giver == from.space;
    const bool may = from.linked() && (!to.linked() || more);
    if (!may) return end(job, Phase::done);
    job.phase_ = Phase::giving;
}

bool IoTree::give(MapJob& job, Steps& steps) {
    while (job.at_ < job.end_) {
        if (!job.to_->io_.linked() && !pool_.put_by(Fill::ones, 2, steps)) return false;
        if (!steps.take_whole(steps_per_line)) return false;
        const std::uint32_t line_end = (job.at_ / line + 1) * line;
        const Range range{job.at_, std::min(line_end, job.end_)};
        if (!copy(job, range).ok()) {
            end(job, Phase::no_memory);
            return true;
        }
        job.at_ = range.end;
    }
    if (job.send_.grant() && job.received_) {
        job.walk_.start(order_, job.from_->io_,
                        {.bottom_up = true, .all = true, .hit_root = true, .task = {}});
        job.phase_ = Phase::relieving;
        job.line_ = static_cast<std::uint8_t>(taken(job).first / line);
    } else {
        end(job, Phase::done);
    }
    return true;
}

Status IoTree::copy(MapJob& job, Range range) {
    pool_.rest(); // lets one come: many words are looked at
    Space &from = *job.from_, &to = *job.to_;
    const std::uint32_t* const source = &word(from, range.first);
    std::uint32_t* target = to.io_.linked() ? &word(to, range.first) : nullptr;
    std::uint32_t all = 0, count = 0;
    for (std::uint32_t i = 0, p = range.first & ~31u; p < range.end; ++i, p += 32) {
        const std::uint32_t given = ~source[i] & mask(range, p);
        if (given == 0) continue;
        if (!target) {
            KTRY(join(to, from, job.send_.grant()));
            target = &word(to, range.first);
        }
        const std::uint32_t denied = target[i];
        target[i] = denied & ~given;
        count += ones(given & denied);
        all |= given;
    }
    to.io_.count += count;
    job.received_ |= all != 0;
    changed(to);
    return Done{};
}

/// `space` becomes the youngest child of the giver; after a grant, of the giver's giver.
Status IoTree::join(Space& space, Space& giver, bool grant) {
    KTRY(make_bitmap(space));
    const std::uint32_t parent = grant ? giver.io_.giver : giver.io_.space;
    space.io_.giver = parent;
    space.io_.depth = static_cast<std::uint16_t>(giver.io_.depth + (grant ? 0 : 1));
    space.io_.count = 0;
    if (parent)
        order_.insert_after(pool_.at<Space>(PAddr{parent})->io_, space.io_, TreeLink::node);
    else
        order_.insert_alone(space.io_);
    return Done{};
}

Status IoTree::make_bitmap(Space& space) {
    const PAddr low = KTRY(space.account().take_frame(Fill::ones));
    const Result<PAddr> high = space.account().take_frame(Fill::ones);
    if (!high.ok()) {
        space.account().give_frame(low, Fill::ones);
        return high.error();
    }
    space.io_.bitmap = {low, *high};
    space.frames_ += 2;
    return Done{};
}

Status IoTree::make_free_bitmap(Space& space) {
    const PAddr low = KTRY(pool_.take(Fill::ones));
    const Result<PAddr> high = pool_.take(Fill::ones);
    if (!high.ok()) {
        pool_.give(low, Fill::ones);
        return high.error();
    }
    space.io_.bitmap = {low, *high};
    space.io_.free = true;
    return Done{};
}

void IoTree::begin_taking(UnmapJob& job) {
    if (!job.space_->io_.linked()) return end(job, Phase::done);
    job.walk_.start(order_, job.space_->io_, job.rule());
    job.phase_ = Phase::taking;
    job.line_ = static_cast<std::uint8_t>(taken(job).first / line);
}

IoTree::Range IoTree::taken(const PortJob& job) {
    if (job.phase_ == Phase::relieving) {
        const auto& map = static_cast<const MapJob&>(job);
        return {map.first_, map.end_};
    }
    const Fpage& fpage = static_cast<const UnmapJob&>(job).fpage_;
    return {fpage.first(), fpage.end()};
}

/// Takes ports from one task that the walk hits.
bool IoTree::take(PortJob& job, Steps& steps) {
    using Kind = Walk::Visit::Kind;
    pool_.rest(); // lets one come: many tasks may have ports that this one does not take
    const Walk::Visit v = job.walk_.next(steps);
    if (v.kind == Kind::more) return false;
    if (v.kind != Kind::node) {
        end(job, Phase::done);
        return true;
    }
    if (!v.hit) {
        job.walk_.pass();
        return true;
    }
    Space& space = order_.space(*v.node);
    const Range all = taken(job);
    for (; job.line_ * line < all.end && space.io_.count != 0; ++job.line_) {
        if (!steps.take_whole(steps_per_line)) return false;
        const std::uint32_t begin = job.line_ * line;
        take_line(space, {std::max(all.first, begin), std::min(all.end, begin + line)});
    }
    job.line_ = static_cast<std::uint8_t>(all.first / line);
    if (space.io_.count != 0) {
        job.walk_.pass();
    } else {
        leave(space);
        job.walk_.removed();
    }
    return true;
}

void IoTree::take_line(Space& space, Range range) {
    std::uint32_t* denied = &word(space, range.first);
    std::uint32_t count = 0;
    for (std::uint32_t p = range.first & ~31u; p < range.end; p += 32, ++denied) {
        const std::uint32_t before = *denied, lost = mask(range, p) & ~before;
        *denied = before | lost;
        count += ones(lost);
    }
    space.io_.count -= count;
    changed(space);
}

void IoTree::leave(Space& space) {
    order_.remove(space.io_);
    const std::array<PAddr, 2> frames = space.io_.bitmap;
    space.io_.bitmap = {};
    space.io_.giver = 0;
    changed(space); // before the frames can become something else
    for (const PAddr frame : frames)
        space.io_.free ? pool_.give(frame, Fill::ones) : space.account().give_frame(frame, Fill::ones);
    if (!space.io_.free) space.frames_ -= 2;
    space.io_.free = false;
}

} // namespace kern
