// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/machine.h"
#include "kern/frame_pool.h"
#include "kern/limits.h"
#include "kern/map_node.h"
#include "kern/page_tables.h"
#include "kern/preorder.h"
#include "kern/result.h"
#include "kern/space.h"
#include "kern/walk.h"

namespace kern {

/// Single mappings: makes, moves, changes and removes one, in the page table, in its tree and in the account.
/// Does all or nothing, and takes what it needs before it gives anything back.  Every operation is O(1).
class Mappings {
public:
    Mappings(arch::Machine& machine, FramePool& pool) : tables(machine, pool), order(pool), pool_(pool) {}

    /// A page as the source of another: where it is and what is there.
    struct Source {
        Space& space;
        VAddr va;
        PageTables::Spot spot;
    };
    /// Maps the page, or the part of a 4 MiB page, to an empty 4 KiB.
    Status map(const Source& from, Space& to, VAddr va, bool write);
    /// The same beside other pages, where `empty` was found, and with a mapping that its account has; no 4
    /// MiB page without a fan-out.  False: there can be no more of them, and nothing has happened
    /// (src/one_page.h).
    bool map_beside(const Source& from, Space& to, VAddr va, const PageTables::Spot& empty, bool write);
    /// Maps the 4 MiB page to an empty region.
    Status map_super(const Source& from, Space& to, VAddr va, bool write);
    /// Moves the page, which is not split, to an empty place for its size.
    Status grant(const Source& from, Space& to, VAddr va, bool write);
    /// A mapping from nobody, writable, to an empty place.
    Status map_root(Space& to, VAddr va, PAddr frame, bool super);
    /// Gives a page that map_root() made one to one its write right, or its missing part, back.
    Status restore_root(Space& space, VAddr va, const PageTables::Spot& spot);
    /// Adds the write right.
    void raise(Space& space, VAddr va, const PageTables::Spot& spot);

    /// Removes a page that is not split, and from which nothing is mapped.  Returns its status bits.
    std::uint32_t remove(MapNode& node);
    std::uint32_t take_away(MapNode& page); ///< the same for one of 4 KiB (src/one_page.h)
    /// Takes away at once what an unmap with this rule does for the page, or the part of a 4 MiB page that
    /// stays, at `va`: in as many steps as a Walk.  `status`: more bits.  False: there are too few steps, or
    /// it is not that simple, and nothing has happened (src/one_page.cc).
    bool flush(const PageTables::Spot& spot, VAddr va, const Walk::Rule& rule, Steps& steps,
               std::uint32_t& status);
    /// The same for all 4 KiB pages from `at` on that are that simple, with a step for each page.  Returns
    /// where it stopped.
    std::uint32_t flush_pages(Space& space, std::uint32_t at, std::uint32_t end, const Walk::Rule& rule,
                              Steps& steps, std::uint32_t& status);
    /// Removes a part of a split page, if it is there.  `gone`: it was the last one, the node went with it.
    std::uint32_t remove_part(MapNode& node, std::uint32_t part, bool& gone);
    /// Takes the write right of a page (part 0 unless it is split); `reset`: clears its status bits.  Returns
    /// those before.
    std::uint32_t downgrade(MapNode& node, std::uint32_t part, bool reset);

    /// The word that refers to the first of the pages mapped from a part; only with a fan-out.
    static PAddr head(const MapNode& super, std::uint32_t part) { return super.fan_out() + 4 * part; }
    /// Is anything on the list of that part?
    bool is_used(const MapNode& super, std::uint32_t part) const {
        return super.fan_out().raw() != 0 && *pool_.at<std::uint32_t>(head(super, part)) != 0;
    }
    /// The first part in [from, end) on whose list anything is, or `end`.  Reads at most a frame.
    std::uint32_t used_part(const MapNode& super, std::uint32_t from, std::uint32_t end) const;

    /// FramePool::put_by() for page tables and fan-outs.
    bool put_by(std::uint32_t count, Steps& steps) { return pool_.put_by(Fill::zeros, count, steps); }
    /// For frames taken since taken() was `before`.
    void pay_for_frames(Steps& steps, std::uint32_t before) const {
        steps.pay((pool_.taken() - before) * steps_per_frame);
    }
    std::uint32_t taken() const { return pool_.taken(); }

    PageTables tables;
    Preorder order;

private:
    friend class Checker;
    static std::uint32_t entry_from(const Source& from, bool write);
    Result<MapNode*> make_node(Space& space, VAddr va, bool super);
    void give_node(MapNode& node);
    void adopt(MapNode& parent, VAddr from, MapNode& child);
    void forget(MapNode& node);
    Status make_fan_out(Space& space, MapNode& super);
    void drop_fan_out(Space& space, MapNode& super);

    FramePool& pool_;
    std::uint64_t serial_ = 0; ///< of the newest mapping
};

} // namespace kern
