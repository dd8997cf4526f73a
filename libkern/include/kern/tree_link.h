// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/ensure.h"

namespace kern {

/// Membership in a Preorder list: a page's mapping, a task's I/O rights, or a Cursor between those.
/// Refers to its neighbours and its space by physical address, so its size does not depend on the host.
struct TreeLink {
    enum Kind : std::uint8_t { unlinked, cursor, node };

    bool linked() const { return kind != unlinked; }
    bool is_node() const { return kind == node; }

    std::uint32_t next = 0; ///< 0 after the last
    std::uint32_t prev =
        0; ///< 0 before the first; bit 0 set: the address of the word that refers to the first
    std::uint32_t space = 0; ///< the Space whose page or ports these are
    std::uint16_t depth = 0; ///< of a node: 0 for a root, else one more than its parent's
    Kind kind = unlinked;
    bool narrowed =
        false; ///< of a page: a grant took its write right; what is mapped from it may have kept it
};
static_assert(sizeof(TreeLink) == 16);

/// A place in a Preorder list, kept over kernel entries while others change the list.  Walks step over it.
/// Lives in kernel memory, as it is linked by its physical address, and is unlinked before it goes.
class Cursor : public TreeLink {
public:
    Cursor() = default;
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() { ensure(!linked(), "a cursor was destroyed while on a list"); }
};

} // namespace kern
