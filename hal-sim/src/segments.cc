// SPDX-License-Identifier: BSD-2-Clause
#include "sim/segments.h"

#include "ia32/trap_frame.h"

namespace sim {
namespace {

bool is(std::uint32_t selector, std::uint32_t which) {
    return ((selector ^ which) & ia32::selector_mask) == 0;
}

/// The descriptor in that TLS slot; 0: the selector is of none, or it is empty.
std::uint64_t tls_descriptor(const arch::Machine& machine, std::uint32_t selector) {
    for (std::uint32_t i = 0; i < ia32::tls_slots; ++i)
        if (is(selector, ia32::tls_selectors[i])) return machine.tls()[i];
    return 0;
}

bool is_flat(std::uint32_t selector) { return is(selector, ia32::user_cs) || is(selector, ia32::user_ds); }

std::uint32_t base_of(std::uint64_t d) {
    return static_cast<std::uint32_t>((d >> 16 & 0xffffff) | (d >> 56 << 24));
}

/// The last offset, or the last that is not in an expand-down segment.
std::uint32_t limit_of(std::uint64_t d) {
    const auto limit = static_cast<std::uint32_t>((d & 0xffff) | (d >> 48 & 0xf) << 16);
    const bool pages = (d >> 55 & 1) != 0;
    return pages ? limit << 12 | 0xfff : limit;
}

} // namespace

bool loadable(const arch::Machine& machine, std::uint32_t selector) {
    const std::uint32_t s = selector & 0xffff;
    return s <= 3 || is_flat(s) || is(s, ia32::utcb_selector) || tls_descriptor(machine, s) != 0;
}

std::optional<std::uint32_t> linear(const arch::Machine& machine, std::uint32_t selector,
                                    std::uint32_t offset, std::uint32_t size) {
    const std::uint32_t s = selector & 0xffff;
    if (is_flat(s)) return offset;
    const std::uint64_t d = tls_descriptor(machine, s);
    if (d == 0) return {};
    const std::uint64_t last = std::uint64_t{offset} + size - 1;
    const bool expand_down = (d >> 42 & 1) != 0, big = (d >> 54 & 1) != 0;
    const std::uint64_t top = big ? 0xffffffff : 0xffff;
    const bool inside = expand_down ? offset > limit_of(d) && last <= top : last <= limit_of(d);
    if (!inside) return {};
    return base_of(d) + offset;
}

} // namespace sim
