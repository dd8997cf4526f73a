// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <bit>
#include <cstdint>
#include <optional>

#include "kern/strong.h"

namespace arch {

/// Sixteen edge-triggered lines, lower numbers first.  All are masked at the start.  A raised line stays
/// latched while it is masked, unless it is forgotten; raising it again changes nothing.  A line that was
/// taken blocks itself and every higher number until it is acknowledged.
class IrqController {
public:
    static constexpr unsigned lines = 16;

    /// 0 and 2 belong to the machine itself (timer and cascade).
    static constexpr bool offers(kern::Line l) { return l.raw() < lines && l.raw() != 0 && l.raw() != 2; }
    void mask(kern::Line l) { masked_ |= bit(l); }
    void unmask(kern::Line l) { masked_ &= ~bit(l); }
    void acknowledge(kern::Line l) { in_service_ &= ~bit(l); }
    void forget(kern::Line l) { latched_ &= ~bit(l); }

    void raise(kern::Line l) { latched_ |= bit(l); }
    /// The line whose interrupt the processor would see now.
    std::optional<kern::Line> deliverable() const {
        const std::uint32_t ready =
            latched_ & ~masked_ & (in_service_ ? (in_service_ & -in_service_) - 1 : ~0u);
        if (!ready) return {};
        return kern::Line{static_cast<std::uint8_t>(std::countr_zero(ready))};
    }
    /// The processor takes it.
    void take(kern::Line l) {
        latched_ &= ~bit(l);
        in_service_ |= bit(l);
    }
    bool masked(kern::Line l) const { return (masked_ & bit(l)) != 0; }
    bool latched(kern::Line l) const { return (latched_ & bit(l)) != 0; }

private:
    static constexpr std::uint32_t bit(kern::Line l) { return l.raw() < lines ? 1u << l.raw() : 0; }
    std::uint32_t latched_ = 0, masked_ = (1u << lines) - 1, in_service_ = 0;
};

} // namespace arch
