// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

/// The 8254: channel 2 to measure other clocks by, channel 0 as one-shot timer on interrupt line 0.
class Pit {
public:
    static constexpr std::uint32_t hz = 1193182, longest_us = 50000;

    static void stop(); ///< the periodic interrupts that the BIOS has left on
    static void start_wait(std::uint32_t us);
    static bool waited();                         ///< is that time over?
    static void start_timer(std::uint32_t ticks); ///< at most 65535
};

} // namespace x86
