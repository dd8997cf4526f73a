// SPDX-License-Identifier: BSD-2-Clause
#include "kern/map_job.h"

#include "kern/map_db.h"

namespace kern {

namespace {

constexpr std::uint32_t region_end(std::uint32_t va) { return (va | ~ia32::super_mask) + 1; }
constexpr bool region_aligned(std::uint32_t va) { return (va & ~ia32::super_mask) == 0; }

} // namespace

MapJob::MapJob(Space& from, Space& to, std::uint32_t send, std::uint32_t snd_base, std::uint32_t window)
    : from_(&from), to_(&to), send_(send), window_(window) {
    using Kind = Fpage::Kind;
    if (send_.kind() == Kind::memory && window_.kind() == Kind::memory) {
        at_ = send_.first();
        end_ = send_.end();
        const bool fits = window_.size_log2() >= send_.size_log2();
        target_ = window_.first() + (fits ? snd_base & window_.offset_mask() & ~send_.offset_mask() : 0);
    } else if (send_.kind() == Kind::ports && (window_.kind() == Kind::ports || window_.is_whole())) {
        const bool whole = window_.kind() != Kind::ports;
        at_ = first_ = whole || window_.first() < send_.first() ? send_.first() : window_.first();
        end_ = whole || window_.end() > send_.end() ? send_.end() : window_.end();
        if (at_ > end_) at_ = end_;
    }
}

/// Maps the pages of one item, in ascending order of the sender's addresses.
class Mapper {
public:
    Mapper(Mappings& mappings, MapJob& job) : mappings_(mappings), job_(job) {}
    Progress run(Steps& steps);

private:
    using Source = Mappings::Source;
    using Spot = PageTables::Spot;

    /// Of zeros: a table, its shadow, and a fan-out.
    static constexpr std::uint32_t frames_per_page = 3;

    VAddr target() const;
    Status map_one(const Source& from);
    Status map_region(const Source& from, VAddr va, bool& moved);
    bool may_raise(const Source& from, const Spot& there, VAddr va) const;

    Mappings& mappings_;
    MapJob& job_;
};

Progress Mapper::run(Steps& steps) {
    while (job_.at_ < job_.end_) {
        mappings_.tables.rest(); // lets one come: a page takes long when it is granted, or needs a table
        if (!mappings_.put_by(frames_per_page, steps) || !steps.take()) return Progress::more;
        const std::uint32_t taken = mappings_.taken();
        const VAddr va{job_.at_};
        const Spot spot = mappings_.tables.find(*job_.from_, va);
        std::uint32_t next = job_.at_ + ia32::page_size;
        if (spot.kind == Spot::Kind::no_region) {
            next = region_end(job_.at_);
        } else if (spot.present() && !is_protected(va)) {
            const Source from{*job_.from_, va, spot};
            bool moved = false;
            if (spot.kind == Spot::Kind::super && !map_region(from, target(), moved).ok())
                return Progress::no_memory;
            if (moved)
                next = region_end(job_.at_);
            else if (!map_one(from).ok())
                return Progress::no_memory;
            steps.pay(1); // it takes twice as long as one that is not there
        }
        job_.at_ = next < job_.end_ ? next : job_.end_;
        mappings_.pay_for_frames(steps, taken);
    }
    return Progress::done;
}

/// The receiver's address for at_: with a small window it wraps.
VAddr Mapper::target() const {
    const std::uint32_t offset = job_.at_ - job_.send_.first();
    const bool fits = job_.window_.size_log2() >= job_.send_.size_log2();
    return VAddr{job_.target_ + (fits ? offset : offset & job_.window_.offset_mask())};
}

/// As one 4 MiB page, if that is possible (docs/semantics.md 9.5).
Status Mapper::map_region(const Source& from, VAddr va, bool& moved) {
    const bool covered = region_aligned(job_.at_) && region_aligned(va.raw()) &&
                         job_.end_ - job_.at_ >= ia32::super_size &&
                         job_.window_.size_log2() >= L4_FP_SUPERPAGE_SIZE;
    if (!covered || va >= user_end || has_protected(va)) return Done{};
    const Spot there = mappings_.tables.find(*job_.to_, va);
    if (there.kind == Spot::Kind::super && may_raise(from, there, va)) {
        if (job_.send_.write() && from.spot.writable()) mappings_.raise(*job_.to_, va, there);
    } else if (there.kind != Spot::Kind::no_region) {
        return Done{};
    } else {
        const bool write = job_.send_.write();
        KTRY(job_.send_.grant() ? mappings_.grant(from, *job_.to_, va, write)
                                : mappings_.map_super(from, *job_.to_, va, write));
    }
    moved = job_.received_ = true;
    return Done{};
}

/// One page, or one 4 KiB part of a 4 MiB page (docs/semantics.md 9.4).
Status Mapper::map_one(const Source& from) {
    const VAddr va = target();
    if (va >= user_end || is_protected(va)) return Done{};
    const Spot there = mappings_.tables.find(*job_.to_, va);
    if (there.kind == Spot::Kind::page && may_raise(from, there, va)) {
        if (job_.send_.write() && from.spot.writable()) mappings_.raise(*job_.to_, va, there);
    } else if (there.is_there() || there.in_super()) {
        return Done{};
    } else if (job_.send_.grant() && from.spot.in_super()) {
        return Done{};
    } else {
        const bool write = job_.send_.write();
        KTRY(job_.send_.grant() ? mappings_.grant(from, *job_.to_, va, write)
                                : mappings_.map(from, *job_.to_, va, write));
    }
    job_.received_ = true;
    return Done{};
}

/// Is what is there the same page, mapped from the same page before?  A grant never adds to anything.
bool Mapper::may_raise(const Source& from, const Spot& there, VAddr va) const {
    return !job_.send_.grant() && there.node->parent_serial() == from.spot.node->serial() &&
           PageTables::frame(there, va) == PageTables::frame(from.spot, from.va);
}

Progress MapDb::run(MapJob& job, Steps& steps) {
    if (job.send_.kind() == Fpage::Kind::ports) return io_.map(job, steps);
    return Mapper(mappings_, job).run(steps);
}

} // namespace kern
