// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/machine.h"
#include "kern/frame_pool.h"
#include "kern/limits.h"
#include "kern/list.h"
#include "kern/map_job.h"
#include "kern/page_tables.h"
#include "kern/port_job.h"
#include "kern/preorder.h"
#include "kern/result.h"
#include "kern/space.h"
#include "kern/unmap_job.h"

namespace kern {

/// Which task may use which I/O ports, and who gave them (docs/semantics.md 9.9).
///
/// A task has one giver at a time, so that its rights are one node in one tree, and a bitmap that the machine
/// reads. Two steps are a cache line of bitmap (512 ports).
///
/// Jobs are done one after another, in the order in which they came; whoever waits for its own does those
/// before it.  So each is as if at once, ports can not be given again behind the back of who takes them, and
/// nobody waits for what comes after it.
class IoTree {
public:
    IoTree(arch::Machine& machine, FramePool& pool, const Preorder& order, const PageTables& tables)
        : machine_(machine), pool_(pool), order_(order), tables_(tables) {}

    static constexpr std::uint32_t ports = 65536;

    /// At boot.  The bitmap costs nobody, so accounts must leave two frames of the pool.
    Status give_all(Space& space);
    Progress map(MapJob& job, Steps& steps);
    Progress unmap(UnmapJob& job, Steps& steps);
    /// Tells the machine the ports of the active space.
    void load(const Space& space) { machine_.set_ports(space.io_.bitmap[0], space.io_.bitmap[1]); }

    bool holds(const Space& space, std::uint32_t port) const { return held(space, port) >> port % 32 & 1; }

    TaskNo giver(const Space& space) const {
        return space.io_.giver ? pool_.at<Space>(PAddr{space.io_.giver})->task() : TaskNo{};
    }

private:
    friend class Checker;
    static constexpr std::uint32_t line = 512; ///< ports
    static constexpr std::uint32_t steps_per_line = 3;

    using Phase = PortJob::Phase;
    struct Range {
        std::uint32_t first, end;
    };
    static std::uint32_t mask(Range range, std::uint32_t port);
    std::uint32_t& word(const Space& space, std::uint32_t port) const;
    /// The ports that a task holds of the 32 around `port`.
    std::uint32_t held(const Space& space, std::uint32_t port) const {
        return space.io_.linked() ? ~word(space, port) : 0;
    }
    void enqueue(PortJob& job, Phase phase);
    Progress run(const PortJob& job, Steps& steps);
    bool advance(PortJob& first, Steps& steps);
    void begin_giving(MapJob& job);
    bool give(MapJob& job, Steps& steps);
    Status copy(MapJob& job, Range range);
    Status make_bitmap(Space& space);
    Status make_free_bitmap(Space& space);
    Status join(Space& space, Space& giver, bool grant);
    void begin_taking(UnmapJob& job);
    bool take(PortJob& job, Steps& steps);
    static Range taken(const PortJob& job);
    void take_line(Space& space, Range range);
    void leave(Space& space);
    void end(PortJob& job, Phase how);
    void changed(const Space& space) {
        if (tables_.active(space)) load(space);
    }

    arch::Machine& machine_;
    FramePool& pool_;
    const Preorder& order_;
    const PageTables& tables_;
    List<PortJob, &PortJob::place_> queue_;
};

} // namespace kern
