// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "arch/machine.h"
#include "kern/frame_pool.h"
#include "kern/io_tree.h"
#include "kern/limits.h"
#include "kern/map_job.h"
#include "kern/mappings.h"
#include "kern/result.h"
#include "kern/space.h"
#include "kern/unmap_job.h"

namespace kern {

/// The mapping database: which task has which page from whom (docs/semantics.md 9, docs/invariants.md M).
///
/// Page tables, mapping trees and I/O rights of all spaces are changed here and nowhere else.  Every
/// operation is bounded by the steps given to it.
class MapDb {
public:
    struct KernelImage {
        PAddr first{}, end{}; ///< besides the pool, what sigma0 may not have
        PAddr directory{};    ///< its upper quarter is in each directory; 0: that is left empty
    };
    MapDb(arch::Machine& machine, FramePool& pool) : MapDb(machine, pool, KernelImage{}) {}
    MapDb(arch::Machine& machine, FramePool& pool, const KernelImage& image);

    /// Makes `space` an empty one.  `directory` is a frame as Fill::directory, `shadow` one of zeros; they
    /// remain the caller's.
    void init(Space& space, PAddr directory, PAddr shadow, Account& account, TaskNo task);
    /// Ends a space that is empty and not active.
    void retire(Space& space);
    /// Loads the space's directory and I/O bitmap into the machine, unless it is active already.
    void activate(Space& space) {
        if (active(space)) return;
        mappings_.tables.activate(space);
        io_.load(space);
    }
    bool active(const Space& space) const { return mappings_.tables.active(space); }

    /// Go on with a job that was started, until it is done or out of steps.  Unmapping never lacks memory.
    Progress run(MapJob& job, Steps& steps);
    Progress run(UnmapJob& job, Steps& steps);
    Progress run(ClearJob& job, Steps& steps);
    /// A MapJob for one 4 KiB page where nothing is yet, and no memory is needed, done at once.  False:
    /// another sort of job, and nothing has happened.
    bool map_page(Space& from, Space& to, std::uint32_t send, std::uint32_t snd_base, std::uint32_t window);
    /// An UnmapJob for one 4 KiB page that flushes it, done at once: its status.  Nothing: another sort of
    /// job, or one that takes more steps than `most`, and nothing has happened.
    std::optional<std::uint32_t> flush_page(Space& space, std::uint32_t fpage, std::uint32_t mask,
                                            std::uint32_t most);
    /// Gives an unmap up between two entries; nothing happens to one that is over.  Destroying it does so
    /// too.
    void cancel(UnmapJob& job) { job.cancel(); }

    /// PageTables::translate(), reach().
    std::optional<PAddr> translate(const Space& space, VAddr va, Access access) const {
        return mappings_.tables.translate(space, va, access);
    }
    std::byte* reach(const Space& space, VAddr va, Access access) const {
        return mappings_.tables.reach(space, va, access);
    }
    const PageTables& tables() const { return mappings_.tables; }
    /// Is there a page at `va`, whatever its rights?
    bool present(const Space& space, VAddr va) const { return mappings_.tables.find(space, va).is_there(); }
    /// sigma0's page fault: the page, one to one (docs/semantics.md 9.10).
    Status sigma0_fault(Space& sigma0, VAddr va);
    /// At boot.
    Status give_all_ports(Space& sigma0) { return io_.give_all(sigma0); }
    bool holds_port(const Space& space, std::uint16_t port) const { return io_.holds(space, port); }
    /// All of `count` (1, 2, 4) ports from `port` on; those beyond the last nobody holds.
    bool holds_ports(const Space& space, std::uint32_t port, std::uint32_t count) const;
    bool holds_all_ports(const Space& space) const { return space.io_.count == IoTree::ports; }
    /// 0: the kernel, or no ports at all.
    TaskNo port_giver(const Space& space) const { return io_.giver(space); }
    /// Fills a protected address and those behind it, within 4 MiB, with pages of the kernel's, which users
    /// read (and write) until the space is cleared.  The frames remain the caller's.
    Status fix(Space& space, VAddr va, std::span<const PAddr> frames, Access access);
    /// Takes it away, unless it is gone already.
    void unfix(Space& space, VAddr va);

    /// A 4 KiB page, or a 4 KiB part of a 4 MiB page, as its space sees it.
    struct Page {
        PAddr frame{};
        bool super = false;   ///< part of a 4 MiB page
        bool split = false;   ///< of one that is split
        bool fan_out = false; ///< of one from which a 4 KiB page was mapped
        bool writable = false, accessed = false, dirty = false;
        bool has_parent = false;
        TaskNo parent{};
        VAddr parent_va{}; ///< of a part of a 4 MiB page, the part's
        bool operator==(const Page&) const = default;
    };
    /// What is mapped at `va`.  Unbounded: for tests and the debugger.
    std::optional<Page> page(const Space& space, VAddr va) const;
    /// The mapping that covers `va`, in O(1): to draw whole trees.
    struct Origin {
        std::uint64_t serial = 0,
                      parent_serial = 0; ///< of the mapping, and of the one that it was made from; 0: none
        bool split = false, fan_out = false;
    };
    Origin origin(const Space& space, VAddr va) const;
    /// Ensures the invariants M of docs/invariants.md by walking everything.  Unbounded.
    void check() const;

private:
    friend class Checker;
    friend struct Layout;

    const MapNode* parent_of(const MapNode& node) const;

    Mappings mappings_;
    IoTree io_;
    Space::Spaces spaces_;
    FramePool& pool_;
    const KernelImage image_;
    std::uint32_t unsettled_ = 0; ///< read-only unmaps that were interrupted and have not ended
};

} // namespace kern
