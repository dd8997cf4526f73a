// SPDX-License-Identifier: BSD-2-Clause
#include "kern/io_tree.h"

#include <algorithm>
#include <bit>

#include "kern/ensure.h"

namespace kern {

namespace {

constexpr std::uint32_t ports_per_frame = 32768, frame_words = 1024;

} // namespace

/// Bits of the word of `port` that lie in the range.
std::uint32_t IoTree::mask(Range range, std::uint32_t port) {
    const std::uint32_t base = port & ~31u;
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

/// Ports of a job, in lines; the giver and the receiver are looked at again in each.
///
/// What others are taking is taken first, by whoever gives: else it could be given again behind their backs,
/// and taking might never end.
Progress IoTree::map(MapJob& job, Steps& steps) {
    if (!job.copied_ && run_strip(steps) == Progress::more) return Progress::more;
    while (job.at_ < job.end_) {
        if (!steps.take()) return Progress::more;
        const std::uint32_t line_end = (job.at_ / line + 1) * line;
        const Range range{job.at_, std::min(line_end, job.end_)};
        if (may_give(job) && !copy(job, range).ok()) return Progress::no_memory;
        job.at_ = range.end;
    }
    if (!job.send_.grant() || !job.received_) return Progress::done;
    if (!job.copied_) {
        job.copied_ = true;
        if (!job.from_->io_.linked()) return Progress::done;
        job.relief_.walk.start(order_, job.from_->io_,
                               {.bottom_up = true, .all = true, .hit_root = true, .task = {}});
        begin(job.relief_, {job.first_, job.end_}, pool_.of(job.to_).raw());
    }
    return job.relief_.under_way_ ? run_strip(steps) : Progress::done;
}

/// The receiver holds nothing, or what it holds is from this giver; of a grant, from this very grant.
bool IoTree::may_give(const MapJob& job) const {
    const IoRights &from = job.from_->io_, &to = job.to_->io_;
    if (!from.linked() || job.from_ == job.to_) return false;
    if (!to.linked()) return true;
    if (!job.send_.grant()) return to.giver == from.space;
    return job.received_ && to.giver == from.giver && to.depth == from.depth;
}

Status IoTree::copy(MapJob& job, Range range) {
    Space &from = *job.from_, &to = *job.to_;
    for (std::uint32_t p = range.first & ~31u; p < range.end; p += 32) {
        const std::uint32_t given = ~word(from, p) & mask(range, p);
        if (given == 0) continue;
        if (!to.io_.linked()) KTRY(join(to, from, job.send_.grant()));
        const std::uint32_t fresh = given & word(to, p);
        word(to, p) &= ~fresh;
        to.io_.count += static_cast<std::uint32_t>(std::popcount(fresh));
        job.received_ = true;
    }
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
    const PAddr low = KTRY(space.account().take_frame());
    const Result<PAddr> high = space.account().take_frame();
    if (!high.ok()) {
        space.account().give_frame(low);
        return high.error();
    }
    open_bitmap(space, low, *high);
    space.frames_ += 2;
    return Done{};
}

Status IoTree::make_free_bitmap(Space& space) {
    const PAddr low = KTRY(pool_.take());
    const Result<PAddr> high = pool_.take();
    if (!high.ok()) {
        pool_.give(low);
        return high.error();
    }
    open_bitmap(space, low, *high);
    space.io_.free = true;
    return Done{};
}

void IoTree::open_bitmap(Space& space, PAddr low, PAddr high) {
    space.io_.bitmap = {low, high};
    for (const PAddr frame : space.io_.bitmap) std::fill_n(pool_.at<std::uint32_t>(frame), frame_words, ~0u);
}

void IoTree::leave(Space& space) {
    order_.remove(space.io_);
    const std::array<PAddr, 2> frames = space.io_.bitmap;
    space.io_.bitmap = {};
    space.io_.giver = 0;
    changed(space); // before the frames can become something else
    for (const PAddr frame : frames) space.io_.free ? pool_.give(frame) : space.account().give_frame(frame);
    if (!space.io_.free) space.frames_ -= 2;
    space.io_.free = false;
}

Progress IoTree::unmap(UnmapJob& job, Steps& steps) {
    if (!job.started_) {
        if (run_strip(steps) == Progress::more) return Progress::more;
        job.started_ = true;
        if (!job.flush() || !job.space_->io_.linked()) return Progress::done;
        job.ports_.walk.start(order_, job.space_->io_, job.rule());
        begin(job.ports_, {job.fpage_.first(), job.fpage_.end()}, 0);
    }
    return job.ports_.under_way_ ? run_strip(steps) : Progress::done;
}

/// The strip's walk was started.
void IoTree::begin(IoStrip& strip, Range range, std::uint32_t receiver) {
    ensure(!strip_, "ports were to be taken while others are being taken");
    strip_ = &strip;
    strip.under_way_ = &strip_;
    strip.space_ = 0;
    strip.receiver_ = receiver;
    strip.first_ = static_cast<std::uint16_t>(range.first);
    strip.last_ = static_cast<std::uint16_t>(range.end - 1);
}

/// Goes on with what is under way, whoever began it: takes ports from all that its walk hits.  Nobody gets
/// any meanwhile, so a task that was passed stays as it was left.
Progress IoTree::run_strip(Steps& steps) {
    while (strip_) {
        IoStrip& s = *strip_;
        const Walk::Visit v = s.walk.next(steps);
        if (v.kind == Walk::Visit::Kind::more) return Progress::more;
        if (v.kind != Walk::Visit::Kind::node) {
            s.cancel();
            break;
        }
        if (!v.hit) {
            s.walk.pass();
            continue;
        }
        Space& space = order_.space(*v.node);
        if (s.space_ != v.node->space) {
            s.space_ = v.node->space;
            s.line_ = static_cast<std::uint8_t>(s.first_ / line);
        }
        for (; s.line_ <= s.last_ / line && space.io_.count != 0; ++s.line_) {
            if (!steps.take()) return Progress::more;
            const std::uint32_t begin = s.line_ * line, last = s.last_;
            strip_line(space, {std::max<std::uint32_t>(s.first_, begin), std::min(begin + line, last + 1)},
                       s.receiver_);
        }
        s.space_ = 0;
        if (space.io_.count != 0) {
            s.walk.pass();
        } else {
            leave(space);
            s.walk.removed();
        }
    }
    return Progress::done;
}

/// All of the range, or those that `receiver` has.
void IoTree::strip_line(Space& space, Range range, std::uint32_t receiver) {
    const Space* const has = receiver ? pool_.at<Space>(PAddr{receiver}) : nullptr;
    for (std::uint32_t p = range.first & ~31u; p < range.end; p += 32) {
        const std::uint32_t wanted = has ? mask(range, p) & held(*has, p) : mask(range, p);
        const std::uint32_t lost = wanted & ~word(space, p);
        word(space, p) |= lost;
        space.io_.count -= static_cast<std::uint32_t>(std::popcount(lost));
    }
    changed(space);
}

} // namespace kern
