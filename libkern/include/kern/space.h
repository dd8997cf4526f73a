// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>

#include "kern/account.h"
#include "kern/list.h"
#include "kern/strong.h"
#include "kern/tree_link.h"

namespace kern {

/// A task's I/O rights; see IoTree, which alone writes it.
struct IoRights : TreeLink {
    std::uint32_t giver = 0; ///< the Space that gave the ports, 0: the kernel
    std::array<PAddr, 2>
        bitmap{}; ///< a frame for ports 0..0x7fff, one for the others; 1 = denied; 0: holds no port
    std::uint32_t count = 0; ///< ports held
    bool free = false;       ///< the bitmap was not paid
};

/// What one task can access: a page directory that the machine walks, its shadow that leads from an address
/// to the mapping, and the I/O rights.
///
/// A handle: MapDb::init() makes it one, the memory subsystem changes what it stands for, MapDb::retire()
/// ends it.  Lives in kernel memory and does not move.  The frames of directory and shadow belong to the
/// caller.
class Space {
public:
    Space() = default;
    Space(const Space&) = delete;
    Space& operator=(const Space&) = delete;

    TaskNo task() const { return task_; }
    Account& account() const { return *account_; } ///< pays for all that the space needs
    PAddr directory() const { return directory_; }
    PAddr shadow() const { return shadow_; }
    /// The frame of the I/O bitmap for the lower (0) or the upper half of the ports, 0: holds no port.
    PAddr port_bitmap(std::uint32_t half) const { return io_.bitmap[half]; }
    /// Frames held beyond directory and shadow: tables, fan-outs, I/O bitmap; and mapping nodes.  For
    /// check().
    std::uint32_t frames() const { return frames_; }
    std::uint32_t nodes() const { return nodes_; }

private:
    friend class MapDb;
    friend class Mappings;
    friend class PageTables;
    friend class IoTree;
    friend class Checker;
    friend struct Layout;

    Account* account_ = nullptr;
    PAddr directory_{}, shadow_{};
    std::uint32_t frames_ = 0, nodes_ = 0;
    IoRights io_;
    TaskNo task_{};
    std::uint16_t regions_ = 0; ///< directory entries in use
    Link<Space> link_{*this};   ///< in MapDb::spaces_

public:
    using Spaces = List<Space, &Space::link_>;
};

} // namespace kern
