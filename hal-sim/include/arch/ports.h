// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <functional>

#include "arch/memory.h"
#include "kern/strong.h"

namespace arch {

/// The I/O port space: the processor's permission bitmap in front of devices that a test scripts.
class Ports {
public:
    /// Devices.  Unset: open bus, reads all ones.  `width` is 1, 2 or 4 bytes.
    std::function<std::uint32_t(std::uint16_t port, unsigned width)> on_in;
    std::function<void(std::uint16_t port, unsigned width, std::uint32_t value)> on_out;

    /// The frames with the bits of ports 0..0x7fff and 0x8000..0xffff; 1 = denied.  Address 0: every port
    /// denied.
    void set_bitmap(kern::PAddr low, kern::PAddr high) { low_ = low, high_ = high; }
    /// May user code access all of `width` ports from `port` on?  Beyond the last port: no.
    bool allowed(Memory& memory, std::uint16_t port, unsigned width) const;
    std::uint32_t in(std::uint16_t port, unsigned width) const;
    void out(std::uint16_t port, unsigned width, std::uint32_t value) const;

private:
    kern::PAddr low_{}, high_{};
};

} // namespace arch
