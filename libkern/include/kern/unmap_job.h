// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/fpage.h"
#include "kern/map_job.h"
#include "kern/port_job.h"
#include "kern/space.h"
#include "kern/strong.h"
#include "kern/walk.h"

namespace kern {

/// One fpage_unmap (docs/semantics.md 9.6), or a part of the end of a space.
///
/// Advanced by MapDb::run(); abandoned by cancel() or by destroying it: what it did stays done.  Lives in
/// kernel memory and does not move.  Between two entries others may map, unmap and grant whatever they like;
/// the space outlives it.
class UnmapJob : public PortJob {
public:
    /// fpage and mask as in EAX and ECX of the system call.
    void start(Space& space, std::uint32_t fpage, std::uint32_t mask);
    void cancel();
    /// L4_FP_REFERENCED | L4_FP_DIRTY: the or over all touched pages so far.
    std::uint32_t status() const { return status_; }

    /// What is touched below a page of the caller's, and whether that page is.
    static Walk::Rule rule(const Space& space, std::uint32_t mask) {
        const TaskNo filter{static_cast<std::uint16_t>((mask & L4_UNMAP_TASK_MASK) >> L4_UNMAP_TASK_SHIFT)};
        const bool own = (mask & L4_FP_ALL_SPACES) != 0;
        const bool everybody = filter.raw() == 0 || (own && filter == space.task());
        return {.bottom_up = (mask & L4_FP_FLUSH) != 0,
                .all = everybody,
                .hit_root = own && everybody,
                .task = filter};
    }
    /// Of a 4 MiB page's parts: looking at so many from which nothing is mapped costs less than taking one
    /// mapping back.
    static constexpr std::uint32_t parts_per_step = 32;

private:
    friend class MapDb;
    friend class Unmapper;
    friend class IoTree;
    friend class ClearJob;

    void begin(Space& space, std::uint32_t fpage, std::uint32_t mask);
    bool flush() const { return (mask_ & L4_FP_FLUSH) != 0; }
    Walk& supers() { return walk_; } ///< over 4 MiB pages: a job is about these or about ports
    bool reset() const { return (mask_ & L4_UNMAP_RESET) != 0; }
    Walk::Rule rule() const { return rule(*space_, mask_); }

    // Threads have no byte to spare: these lie in PortJob's padding.
    std::uint8_t status_ = 0;
    bool clear_     : 1 = false; ///< protected pages too
    bool unsettled_ : 1 = false; ///< counted in MapDb::unsettled_
    bool split_     : 1 = false; ///< that page was in parts when it was looked at last
    std::uint32_t mask_ = 0;
    Fpage fpage_{0};
    std::uint32_t at_ = 0;   ///< the space's next address
    std::uint32_t part_ = 0; ///< of the 4 MiB page being visited: the next 4 KiB part
    Space* space_ = nullptr;
    std::uint64_t visited_ = 0; ///< the serial number of that page; 0: none
    Walk whole_;                ///< over a 4 MiB page that can not be split and all below it
    Walk pages_;                ///< over 4 KiB pages
};

/// The end of a space's contents: everything in it and all that was mapped from it, its tables, its ports.
class ClearJob {
public:
    void start(Space& space);
    void cancel() { job_.cancel(); }

private:
    friend class MapDb;

    UnmapJob job_;
    bool ports_ = false;
};

} // namespace kern
