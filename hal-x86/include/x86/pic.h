// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"

namespace x86 {

/// The two 8259 interrupt controllers: sixteen lines.
///
/// Priorities rotate: the line acknowledged last comes last, so none keeps another waiting.
class Pic {
public:
    static constexpr std::uint32_t lines = 16, first_vector = 0x20;
    static constexpr std::uint8_t timer_line = 0, cascade_line = 2;

    void init(); ///< all lines masked
    static constexpr bool offers(kern::Line l) {
        return l.raw() < lines && l.raw() != timer_line && l.raw() != cascade_line;
    }
    void mask(kern::Line line) { set_mask(static_cast<std::uint16_t>(masked_ | bit(line))); }
    void unmask(kern::Line line) { set_mask(static_cast<std::uint16_t>(masked_ & ~bit(line))); }
    void acknowledge(kern::Line line);
    /// Drops the request that the controller has kept of a masked line.  Interrupts are off, and all that the
    /// processor took have been acknowledged.
    void forget(kern::Line line);
    /// Lines 7 and 15 also stand for a request that went away before the processor took it.  True: it is one
    /// of these; nothing is to be done about it any more.
    bool spurious(kern::Line line);

private:
    static std::uint16_t bit(kern::Line line) { return static_cast<std::uint16_t>(1u << line.raw()); }
    void set_mask(std::uint16_t mask);

    std::uint16_t masked_ = 0xffff;
};

} // namespace x86
