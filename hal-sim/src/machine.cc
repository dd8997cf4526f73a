// SPDX-License-Identifier: BSD-2-Clause
#include "arch/machine.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ia32/paging.h"
#include "ia32/trap_frame.h"
#include "kern/ensure.h"

namespace arch {
namespace {

/// An access of at most a page touches at most two pages: both are translated before a byte moves.
struct Pieces {
    std::array<kern::PAddr, 2> at{};
    std::size_t first = 0; ///< bytes in the first page; the rest is in the second
    std::optional<AccessFault> fault;
};

Pieces split(Machine& m, kern::VAddr va, std::size_t size, bool write) {
    kern::ensure(size <= ia32::page_size, "a user access is at most a page long");
    Pieces p;
    p.first = std::min<std::size_t>(size, ia32::page_size - va.raw() % ia32::page_size);
    const Translation first = m.translate(va, write);
    if (!first.ok) {
        p.fault = AccessFault{va, first.error};
        return p;
    }
    p.at[0] = first.address;
    if (p.first == size) return p;
    const kern::VAddr next = va + static_cast<std::uint32_t>(p.first);
    const Translation second = m.translate(next, write);
    if (!second.ok) p.fault = AccessFault{next, second.error};
    p.at[1] = second.address;
    return p;
}

std::byte* bytes(Machine& m, kern::PAddr at) { return m.page(at).data() + at.raw() % ia32::page_size; }

} // namespace

std::optional<AccessFault> Machine::load(kern::VAddr va, std::span<std::byte> to) {
    const Pieces p = split(*this, va, to.size(), false);
    if (p.fault || to.empty()) return p.fault;
    std::memcpy(to.data(), bytes(*this, p.at[0]), p.first);
    if (p.first < to.size()) std::memcpy(to.data() + p.first, bytes(*this, p.at[1]), to.size() - p.first);
    return {};
}

bool Machine::print(kern::TextJob& job) {
    std::byte b{};
    if (job.left == 0 || load(job.at, std::span(&b, 1))) return false;
    put_char(static_cast<char>(b));
    job.at = job.at + 1;
    return --job.left != 0;
}

std::optional<AccessFault> Machine::store(kern::VAddr va, std::span<const std::byte> from) {
    const Pieces p = split(*this, va, from.size(), true);
    if (p.fault || from.empty()) return p.fault;
    std::memcpy(bytes(*this, p.at[0]), from.data(), p.first);
    if (p.first < from.size())
        std::memcpy(bytes(*this, p.at[1]), from.data() + p.first, from.size() - p.first);
    return {};
}

std::optional<std::uint32_t> Machine::word_at_gs(std::uint32_t gs) const {
    if (((gs ^ ia32::utcb_selector) & ia32::selector_mask) != 0) return {};
    return utcb_.raw();
}

} // namespace arch
