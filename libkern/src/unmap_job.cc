// SPDX-License-Identifier: BSD-2-Clause
#include "kern/unmap_job.h"

#include "kern/ensure.h"
#include "kern/map_db.h"

namespace kern {

void UnmapJob::start(Space& space, std::uint32_t fpage, std::uint32_t mask) {
    cancel();
    begin(space, fpage, mask);
}

/// The same for a job that is not under way.
void UnmapJob::begin(Space& space, std::uint32_t fpage, std::uint32_t mask) {
    space_ = &space;
    fpage_ = Fpage(fpage);
    mask_ = mask;
    status_ = 0;
    at_ = fpage_.first();
    visited_ = 0;
    clear_ = unsettled_ = split_ = false;
}

void UnmapJob::cancel() {
    PortJob::cancel();
    whole_.cancel();
    pages_.cancel();
}

void ClearJob::start(Space& space) {
    job_.begin(space, L4_FP_WHOLE_SPACE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    job_.clear_ = true;
    ports_ = false;
}

/// Goes through the caller's pages; at each, through what is mapped from it.
class Unmapper {
public:
    Unmapper(Mappings& mappings, UnmapJob& job, Steps& steps)
        : mappings_(mappings),
          job_(job),
          steps_(steps),
          spare_(steps.left() >= steps_at_once ? steps_at_once - 1 : 0) {}
    Progress run();

private:
    using Kind = Walk::Visit::Kind;
    using Spot = PageTables::Spot;
    /// Looking at so many entries where nothing is costs less than taking one mapping back.
    static constexpr std::uint32_t empty_per_step = UnmapJob::parts_per_step;
    /// For a page from which one is mapped, when both go at once.  With fewer left a walk would be begun,
    /// which takes far longer, and ends in the midst of the next entry, and so on.
    static constexpr std::uint32_t steps_at_once = 2;
    /// For a 4 MiB page, besides its parts.
    static constexpr std::uint32_t steps_per_super = 2;

    bool begin_page();
    void flush_at_once();
    bool flush_part_at_once(const Spot& spot, VAddr va);
    Kind walk_pages();
    Kind walk_supers(Walk& walk);
    bool visit(Walk& walk, const Walk::Visit& v);
    bool visit_parts(MapNode& super, const Walk::Visit& v, bool split, bool& gone);
    bool pay_for_part(const MapNode& super, bool each);
    std::uint32_t any_used_part(const MapNode& super) const;
    void start_list(const MapNode& super, bool below);
    void saw(std::uint32_t status) { job_.status_ = static_cast<std::uint8_t>(job_.status_ | status); }
    void downgrade(MapNode& node, std::uint32_t part) { saw(mappings_.downgrade(node, part, job_.reset())); }
    bool is_split(const MapNode& super) const;
    bool is_used(const MapNode& super) const;
    /// A page that can not be split goes, whatever was asked for.
    bool flushes() const { return job_.flush() || !job_.whole_.idle(); }
    /// The parts of a 4 MiB page that are concerned: all, when it goes because it can not be split.
    std::uint32_t first_part() const { return job_.whole_.idle() ? ia32::table_index(job_.at_) : 0; }
    std::uint32_t end_part() const;
    std::uint32_t region_end() const { return (job_.at_ | ~ia32::super_mask) + 1; }

    Mappings& mappings_;
    UnmapJob& job_;
    Steps& steps_;
    const std::uint32_t spare_; ///< with so few steps left no page is begun that is to go
};

Progress Unmapper::run() {
    while (job_.at_ < job_.fpage_.end()) {
        if (job_.supers().idle() && job_.pages_.idle()) {
            if (steps_.exhausted()) return Progress::more;
            flush_at_once();
            if (job_.at_ >= job_.fpage_.end()) break;
            if (steps_.left() <= spare_ && job_.flush()) return Progress::more;
            if (!steps_.take()) return Progress::more;
            mappings_.tables.rest(); // a piece may have several of these among pages that it flushes
            if (!begin_page()) continue;
        }
        const bool super = !job_.supers().idle();
        const Kind end = super ? walk_supers(job_.supers()) : walk_pages();
        if (end == Kind::more) return Progress::more;
        if (end == Kind::done) job_.at_ = super ? region_end() : job_.at_ + ia32::page_size;
    }
    return Progress::done;
}

/// Starts the walk for the caller's page at at_; false: there is none, at_ is beyond it.  Where nothing is,
/// one step is for many pages: a space that is cleared is empty nearly everywhere.
bool Unmapper::begin_page() {
    const VAddr va{job_.at_};
    const Spot spot = mappings_.tables.find(*job_.space_, va);
    if (spot.kind == Spot::Kind::no_region || spot.kind == Spot::Kind::no_page) {
        job_.at_ = mappings_.tables.skip_empty(*job_.space_, va, empty_per_step).raw();
        return false;
    }
    if (spot.in_super()) {
        if (flush_part_at_once(spot, va)) return false;
        job_.visited_ = 0;
        job_.supers().start(mappings_.order, *spot.node, job_.rule());
        return true;
    }
    if (spot.kind == Spot::Kind::page && (job_.clear_ || !is_protected(va))) {
        job_.pages_.start(mappings_.order, *spot.node, job_.rule());
        steps_.pay(1); // to begin and to end a walk takes as long as a node
        return true;
    }
    if (spot.kind == Spot::Kind::fixed && job_.clear_) mappings_.tables.leave(*job_.space_, va, spot);
    job_.at_ += ia32::page_size;
    return false;
}

/// Pages, as walks would, in half as many steps, as far as they are that simple.
void Unmapper::flush_at_once() {
    if (!job_.flush()) return;
    const std::uint32_t most = at_once(steps_.left());
    Steps left{most};
    std::uint32_t status = 0;
    job_.at_ = mappings_.flush_pages(*job_.space_, job_.at_, job_.fpage_.end(), job_.rule(), left, status);
    steps_.pay((most - left.left() + 1) / 2);
    saw(status);
}

/// The same for a part of a 4 MiB page that stays, if nothing else is to be done.
bool Unmapper::flush_part_at_once(const Spot& spot, VAddr va) {
    std::uint32_t status = 0;
    if (!job_.flush() || job_.fpage_.size_log2() != ia32::page_shift ||
        !mappings_.flush(spot, va, job_.rule(), steps_, status))
        return false;
    saw(status);
    job_.at_ += ia32::page_size;
    return true;
}

Walk::Visit::Kind Unmapper::walk_pages() {
    for (;;) {
        mappings_.tables.rest(); // lets one come: a piece has many nodes
        const Walk::Visit v = job_.pages_.next(steps_);
        if (v.kind != Kind::node) return v.kind;
        MapNode& page = static_cast<MapNode&>(*v.node);
        if (v.hit && flushes()) {
            saw(mappings_.remove(page));
            job_.pages_.removed();
            steps_.pay(1);
            continue;
        }
        if (v.hit) {
            downgrade(page, 0);
            steps_.pay(1);
        }
        job_.pages_.pass();
    }
}

Walk::Visit::Kind Unmapper::walk_supers(Walk& walk) {
    for (;;) {
        if (&walk != &job_.whole_ && !job_.whole_.idle() && walk_supers(job_.whole_) == Kind::more)
            return Kind::more;
        const Walk::Visit v = walk.next(steps_);
        if (v.kind != Kind::node) return v.kind;
        const MapNode& super = static_cast<MapNode&>(*v.node);
        if (super.serial() != job_.visited_) {
            if (!steps_.take_whole(steps_per_super)) return Kind::more;
            job_.pages_.cancel();
            job_.visited_ = super.serial();
            job_.part_ = first_part();
            job_.split_ = false;
        }
        if (!visit(walk, v)) return Kind::more;
        mappings_.tables.rest(); // lets one come: the way back from a walk that was left takes long
    }
}

/// One 4 MiB page: passed or removed.  False: out of steps.
bool Unmapper::visit(Walk& walk, const Walk::Visit& v) {
    MapNode& super = static_cast<MapNode&>(*v.node);
    const bool all_parts = first_part() == 0 && end_part() == ia32::entries;
    const bool splits = v.hit && !all_parts && !is_split(super);
    Space& space = mappings_.order.space(super);
    if (splits && !mappings_.tables.put_by_split(space, super.va(), steps_)) return false;
    if (splits && !steps_.take_whole(steps_per_frame)) return false;
    if (splits && !mappings_.tables.split(space, super.va()).ok()) {
        job_.visited_ = 0;
        job_.whole_.start(mappings_.order, super,
                          {.bottom_up = true, .all = true, .hit_root = true, .task = {}});
        return true;
    }
    const bool split = is_split(super);
    if (split && !job_.split_) { // by another job, perhaps: then parts that were dealt with are still there
        job_.split_ = true;
        job_.pages_.cancel();
        job_.part_ = first_part();
    }
    if (v.hit && !flushes() && !split && job_.part_ == 0) downgrade(super, 0);
    for (;;) {
        bool gone = false;
        if (!visit_parts(super, v, split, gone)) return false;
        if (!v.hit || !flushes() || (split && !gone)) {
            walk.pass();
            return true;
        }
        if (!gone) {
            // Pages that were mapped from it after their part's turn.
            if (super.fan_out().raw() != 0 && !steps_.take_whole(ia32::entries / empty_per_step))
                return false;
            job_.part_ = any_used_part(super);
            if (job_.part_ < ia32::entries) continue;
            saw(mappings_.remove(super));
            steps_.pay(1);
        }
        walk.removed();
        return true;
    }
}

/// What is mapped from each part; and, if the page is split, the part itself.  Flushing, a part goes only
/// when nothing is mapped from it.
bool Unmapper::visit_parts(MapNode& super, const Walk::Visit& v, bool split, bool& gone) {
    const bool each = v.hit && split, flush = flushes();
    if (each && steps_.left() > 1) steps_.pay(1); // the way there
    while (job_.part_ < end_part()) {
        mappings_.tables.rest(); // lets one come: the parts of 32 cost one step, and each may have a list
        if (job_.pages_.idle()) {
            if (!pay_for_part(super, each)) return false;
            if (job_.part_ == end_part()) break;
            if (each && !flush) downgrade(super, job_.part_);
            if (is_used(super)) {
                start_list(super, v.below);
                steps_.pay(2);
            }
        }
        if (!job_.pages_.idle()) {
            const Kind end = walk_pages();
            if (end == Kind::more) return false;
            if (end == Kind::lost) continue;
        }
        if (v.hit && flush && is_used(super)) continue;
        if (each && flush) saw(mappings_.remove_part(super, job_.part_, gone));
        if (gone) return true;
        ++job_.part_;
    }
    return true;
}

/// A step for each part that is touched itself; else one for 32, and parts from which nothing is mapped are
/// left out.
bool Unmapper::pay_for_part(const MapNode& super, bool each) {
    constexpr std::uint32_t run = empty_per_step;
    const std::uint32_t end = end_part();
    if (each) return steps_.take();
    if (super.fan_out().raw() == 0) {
        job_.part_ = end;
        return true;
    }
    bool paid = job_.part_ % run != 0;
    while (job_.part_ < end) {
        if (!paid && !steps_.take()) return false;
        const std::uint32_t stop = (job_.part_ / run + 1) * run;
        job_.part_ = mappings_.used_part(super, job_.part_, stop < end ? stop : end);
        if (job_.part_ < stop && job_.part_ < end) return true;
        paid = false;
    }
    return true;
}

/// The first, or `entries`.  Nobody else gets on while all are looked at, but interrupts may come.
std::uint32_t Unmapper::any_used_part(const MapNode& super) const {
    constexpr std::uint32_t run = ia32::entries / 4;
    if (super.fan_out().raw() == 0) return ia32::entries;
    for (std::uint32_t part = 0; part != ia32::entries; part += run) {
        const std::uint32_t used = mappings_.used_part(super, part, part + run);
        if (used != part + run) return used;
        mappings_.tables.rest();
    }
    return ia32::entries;
}

void Unmapper::start_list(const MapNode& super, bool below) {
    Walk::Rule rule = job_.rule();
    rule.all = below;
    rule.bottom_up = flushes();
    job_.pages_.start_list(mappings_.order, Mappings::head(super, job_.part_), super.depth, rule);
}

bool Unmapper::is_used(const MapNode& super) const { return mappings_.is_used(super, job_.part_); }

bool Unmapper::is_split(const MapNode& super) const {
    return mappings_.tables.find(mappings_.order.space(super), super.va()).kind != Spot::Kind::super;
}

std::uint32_t Unmapper::end_part() const {
    const bool all = !job_.whole_.idle() || region_end() <= job_.fpage_.end();
    return all ? ia32::entries : ia32::table_index(job_.fpage_.end());
}

Progress MapDb::run(UnmapJob& job, Steps& steps) {
    if (job.fpage_.kind() == Fpage::Kind::ports) return io_.unmap(job, steps);
    const Progress progress = Unmapper(mappings_, job, steps).run();
    const bool unsettled = progress == Progress::more && !job.flush();
    if (unsettled && !job.unsettled_) ++unsettled_;
    if (!unsettled && job.unsettled_) --unsettled_;
    job.unsettled_ = unsettled;
    return progress;
}

Progress MapDb::run(ClearJob& job, Steps& steps) {
    if (!job.ports_) {
        if (run(job.job_, steps) == Progress::more) return Progress::more;
        Space& space = *job.job_.space_;
        job.job_.start(space, L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
        job.ports_ = true;
    }
    return run(job.job_, steps);
}

} // namespace kern
