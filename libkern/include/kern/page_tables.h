// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "arch/machine.h"
#include "ia32/paging.h"
#include "kern/fpage.h"
#include "kern/frame_pool.h"
#include "kern/map_node.h"
#include "kern/result.h"
#include "kern/space.h"

namespace kern {

enum class Access : std::uint8_t { read, write };

/// The IA-32 page tables of all spaces and their shadows, which lead from an address to its MapNode.
///
/// Every write to an entry goes through here, so that shadows, counts and the machine's TLB stay in step.  A
/// 4 KiB table and its shadow live as long as they have an entry.  Every operation is O(1), if the
/// frames that it needs are put by: else it writes them.  A table that is made or dropped takes as long as a
/// page: interrupts may come behind it, which are served when the entry ends.
class PageTables {
public:
    PageTables(arch::Machine& machine, FramePool& pool) : machine_(machine), pool_(pool) {}

    /// What is at an address.
    struct Spot {
        enum class Kind : std::uint8_t {
            no_region, ///< the whole 4 MiB region is empty
            no_page,   ///< other pages of the region exist
            page,      ///< a 4 KiB page
            fixed,     ///< a page without a node
            super,     ///< a 4 MiB page
            part,      ///< of a split 4 MiB page
            hole,      ///< in a split 4 MiB page
        };
        Kind kind = Kind::no_region;
        std::uint32_t* entry = nullptr; ///< of the directory for no_region and super, else of the table
        MapNode* node = nullptr;
        std::uint32_t* shadow = nullptr; ///< the entry's shadow
        std::uint32_t* region = nullptr; ///< the directory entry's shadow

        /// A mapping that can be passed on.
        bool present() const { return kind == Kind::page || kind == Kind::super || kind == Kind::part; }
        bool is_there() const { return present() || kind == Kind::fixed; }
        /// A 4 MiB page, whole or not, covers this address.
        bool in_super() const { return kind >= Kind::super; }
        bool writable() const { return (*entry & ia32::writable) != 0; }
    };
    Spot find(const Space& space, VAddr va) const;
    /// The same, compiled into whoever is in a hurry (src/look.h).
    Spot look(const Space& space, VAddr va) const;
    /// The frame at `va`, of a spot that is present there.
    static PAddr frame(const Spot& spot, VAddr va) {
        if (spot.kind != Spot::Kind::super) return frame_of(*spot.entry);
        return PAddr{(*spot.entry & ia32::super_mask) | (va.raw() & ~ia32::super_mask & ia32::frame_mask)};
    }

    /// A page that users reach, by its tables alone.
    struct Place {
        std::uint32_t last; ///< byte of its 4 KiB; 0: there is none
        std::uint32_t* entry;
        std::uint32_t frame; ///< of these

        bool has(std::uint32_t addr) const { return (addr | ~ia32::frame_mask) == last; }
        bool writable() const { return (*entry & ia32::writable) != 0; }
        /// As the machine does.
        void mark_read() const { *entry |= ia32::accessed; }
        void mark_written() const { *entry |= ia32::accessed | ia32::dirty; }
    };
    /// False: there is none.
    [[gnu::always_inline]] bool find(const Space& space, VAddr va, Place& place) const {
        if (va >= user_end) return false;
        std::uint32_t* at = &directory(space, va);
        std::uint32_t entry = *at;
        if ((entry & ia32::super) == 0) {
            if (entry == 0) return false;
            at = &words(frame_of(entry))[ia32::table_index(va.raw())];
            entry = *at;
            if (entry == 0) return false;
        } else {
            entry = (entry & ia32::super_mask) | (va.raw() & ~ia32::super_mask);
        }
        place = {va.raw() | ~ia32::frame_mask, at, entry & ia32::frame_mask};
        return true;
    }
    /// Goes on to the next 4 KiB.  False: there is none.
    [[gnu::always_inline]] bool next(const Space& space, Place& place) const {
        const std::uint32_t va = place.last + 1;
        if (va % ia32::super_size == 0) return find(space, VAddr{va}, place);
        place.last += ia32::page_size;
        if (*place.entry & ia32::super) { // of the directory: a table's entries do not have this bit
            place.frame += ia32::page_size;
            return true;
        }
        const std::uint32_t entry = *++place.entry;
        place.frame = entry & ia32::frame_mask;
        return entry != 0;
    }

    /// Where the byte is that user code of `space` reaches at `va`, if it may; marks the page referenced and
    /// dirty as the machine would.
    [[gnu::always_inline]] std::optional<PAddr> translate(const Space& space, VAddr va, Access access) const {
        Place page;
        const bool write = access == Access::write;
        if (!find(space, va, page) || (write && !page.writable())) return {};
        write ? page.mark_written() : page.mark_read();
        return PAddr{page.frame + va.raw() % ia32::page_size};
    }
    /// That byte; nullptr: it may not.
    std::byte* reach(const Space& space, VAddr va, Access access) const {
        const std::optional<PAddr> at = translate(space, va, access);
        if (!at) return nullptr;
        return machine_.page(PAddr{at->raw() & ia32::frame_mask}).data() + at->raw() % ia32::page_size;
    }

    /// The first region from that of `va` on that is not empty, user_end if there is none.  Reads at most a
    /// frame.
    VAddr next_region(const Space& space, VAddr va) const;
    /// Nothing is at `va`: the next address where something may be, by looking at most at `entries` of the
    /// directory or of the table.
    VAddr skip_empty(const Space& space, VAddr va, std::uint32_t entries) const;

    void activate(Space& space) {
        active_ = &space;
        machine_.activate(space.directory_);
    }
    bool active(const Space& space) const { return active_ == &space; }
    /// Lets interrupts come in the midst of what can not be left; they are served when the entry ends.
    void rest() const { machine_.rest(); }

    /// Gives the region of `va` a table, if it is empty; the next call must be enter().
    Status make_table(Space& space, VAddr va);
    /// Takes back what make_table() made, if nothing was entered.
    void drop_table_if_empty(Space& space, VAddr va);
    /// Fills an empty entry.  `node` may be nullptr: fixed.
    void enter(Space& space, VAddr va, std::uint32_t entry, MapNode* node);
    /// The same where nothing is, beside other pages (src/look.h).
    void enter(const Spot& empty, std::uint32_t entry, MapNode& node);
    /// The same for pages in a row of one region, all fixed.
    void enter_fixed(Space& space, VAddr va, std::span<const PAddr> frames, std::uint32_t flags);
    void enter_super(Space& space, VAddr va, std::uint32_t entry, MapNode& node);
    /// Fills a hole of a split page.
    void enter_part(Space& space, VAddr va, std::uint32_t entry);
    /// The first frame of a page, whatever parts it has.
    PAddr base(const Space& space, const MapNode& node) const;
    /// Empties the entry of a page, part or 4 MiB page found at `va`.  True: nothing of that page is left.
    bool leave(Space& space, VAddr va, const Spot& spot);
    /// The same for a 4 KiB page that is there.  Returns what its entry was.
    std::uint32_t leave_page(Space& space, VAddr va);
    /// Changes flags of an entry found at `va`.
    void change(Space& space, VAddr va, std::uint32_t& entry, std::uint32_t value);
    /// Replaces a 4 MiB entry by a table of 1024 with the same flags.
    Status split(Space& space, VAddr va);
    /// Before that: writes the table, as long as the entry does not change.  False: out of steps.
    bool put_by_split(Space& space, VAddr va, Steps& steps);

private:
    friend class Checker;
    friend struct Layout;
    /// A directory's shadow entry: 0; a 4 MiB page's node; or the shadow table with the number of the table's
    /// entries.  Of a split page's shadow table two words are used: its node, which all parts have, and its
    /// base.
    static constexpr std::uint32_t count_mask = 0x7ff, split_bit = 0x800;
    static constexpr std::uint32_t node_of_split = 0, base_of_split = 1;

    std::uint32_t* words(PAddr frame) const { return pool_.at<std::uint32_t>(frame); }
    std::uint32_t& directory(const Space& s, VAddr va) const {
        return words(s.directory_)[ia32::directory_index(va.raw())];
    }
    std::uint32_t& shadow(const Space& s, VAddr va) const {
        return words(s.shadow_)[ia32::directory_index(va.raw())];
    }
    std::uint32_t first_part(const Space& space, VAddr va) const {
        return directory(space, va) & ~ia32::super;
    }
    static PAddr frame_of(std::uint32_t word) { return PAddr{word & ia32::frame_mask}; }
    void drop_table(Space& space, VAddr va);
    void flush(const Space& space, VAddr va) {
        if (active(space)) machine_.invalidate(va);
    }

    arch::Machine& machine_;
    FramePool& pool_;
    const Space* active_ = nullptr;
};

} // namespace kern
