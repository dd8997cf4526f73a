// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "ia32/paging.h"
#include "kern/kernel.h"

namespace kern {

// Limits::bytes counts what is copied.  What else takes time counts as so many bytes.
inline constexpr std::uint32_t step_cost = 320;      ///< a step, which moves some words of a descriptor
inline constexpr std::uint32_t page_cost = 240;      ///< a page that is looked up
inline constexpr std::uint32_t item_cost = 1800;     ///< a flexpage, besides its Limits::pages
inline constexpr std::uint32_t page_item_cost = 480; ///< one of a page that is mapped at once
inline constexpr std::uint32_t fault_cost = 1600;    ///< a page that its owner's pager is asked for
inline constexpr std::uint32_t end_cost = 960;       ///< the end, with the sender's receive phase
inline constexpr std::uint32_t least_run = 16; ///< bytes that are copied once that a step has come so far

inline constexpr std::uint32_t words_at = offsetof(l4_msg_head_t, dwords);
constexpr std::uint32_t dwords(std::uint32_t dope) {
    return (dope & L4_MSGDOPE_DWORDS_MASK) >> L4_MSGDOPE_DWORDS_SHIFT;
}
constexpr std::uint32_t strings(std::uint32_t dope) {
    return (dope & L4_MSGDOPE_STRINGS_MASK) >> L4_MSGDOPE_STRINGS_SHIFT;
}

/// The part of a transfer that is done in one entry: how much that may be, and the pages that it has met.
/// Nobody else runs meanwhile, so these stay what they are.
struct Kernel::Leg {
    /// `place` holds the page of addr that was met last.  nullptr: the page was missing; the transfer then
    /// waits for it or has ended.
    std::byte* reach(Thread& owner, std::uint32_t addr, Access access, PageTables::Place& place) {
        const bool write = access == Access::write;
        if ((!place.has(addr) || (write && !place.writable())) && !meet(owner, addr, access, place))
            [[unlikely]]
            return nullptr;
        write ? place.mark_written() : place.mark_read();
        return kernel.machine_.page(PAddr{place.frame}).data() + addr % ia32::page_size;
    }
    /// Words of a descriptor.
    bool read(Thread& owner, std::uint32_t addr, std::uint32_t& value) {
        const std::byte* const at = reach(owner, addr, Access::read, descriptors[&owner != &from]);
        if (at) std::memcpy(&value, at, sizeof value);
        return at != nullptr;
    }
    bool write(Thread& owner, std::uint32_t addr, std::uint32_t value) {
        std::byte* const at = reach(owner, addr, Access::write, descriptors[&owner != &from]);
        if (at) std::memcpy(at, &value, sizeof value);
        return at != nullptr;
    }
    /// How many of `run` bytes to copy.
    std::uint32_t take(std::uint32_t run) {
        return std::max(bytes.take_up_to(run), std::min(run, least_run));
    }
    bool meet(Thread& owner, std::uint32_t addr, Access access, PageTables::Place& place);
    /// Mappings have changed.
    void forget() {
        for (PageTables::Place* const p : {descriptors, strings}) p[0] = p[1] = {};
    }

    Kernel& kernel;
    Thread& from;
    Steps bytes, pages;
    bool entered;            ///< the way in is part of this one
    std::uint32_t steps = 0; ///< begun
    /// For what takes so long: if so much is left, or nothing was done before.  False: in the next entry.
    bool affords(std::uint32_t cost) {
        if (steps <= 1 || bytes.left() >= cost) return true;
        from.op_ = Op::transfer;
        return false;
    }
    /// A fault takes so long that the way in before it counts.
    bool affords_fault() {
        if (!entered || bytes.left() >= fault_cost) return affords(fault_cost);
        from.op_ = Op::transfer;
        return false;
    }
    PageTables::Place descriptors[2]{}, strings[2]{}; ///< of the sender, of the receiver
};

/// Copies at most a page, from the first byte to the last, also when a byte that was stored is to be read
/// again: then what is between the two repeats, and each copy doubles what there is to copy from.  Interrupts
/// may come between two parts.
inline void copy_up(arch::Machine& machine, std::byte* to, const std::byte* from, std::uint32_t n) {
    constexpr std::uint32_t part = ia32::page_size / 2;
    const std::size_t distance =
        reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
    if (distance >= n) [[likely]] {
        if (n > part) {
            machine.copy_up(to, from, part);
            machine.rest();
            n -= part, to += part, from += part;
        }
        return machine.copy_up(to, from, n);
    }
    for (std::size_t done = 0; distance != 0 && done < n;) {
        const std::size_t run = std::min(distance + done, n - done);
        machine.copy_up(to + done, from, run);
        done += run;
        machine.rest();
    }
}

/// Bytes from addr to the end of its page.
constexpr std::uint32_t to_page_end(std::uint32_t addr) { return ia32::page_size - addr % ia32::page_size; }

} // namespace kern
