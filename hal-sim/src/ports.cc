// SPDX-License-Identifier: BSD-2-Clause
#include "arch/ports.h"

namespace arch {

bool Ports::allowed(Memory& memory, std::uint16_t port, unsigned width) const {
    for (std::uint32_t p = port; p < port + width; ++p) {
        if (p > 0xffff) return false;
        const kern::PAddr half = p < 0x8000 ? low_ : high_;
        if (half == kern::PAddr{}) return false;
        if ((std::to_integer<unsigned>(memory.page(half)[(p & 0x7fff) / 8]) >> p % 8 & 1) != 0) return false;
    }
    return true;
}

std::uint32_t Ports::in(std::uint16_t port, unsigned width) const {
    const std::uint32_t mask = width >= 4 ? ~0u : (1u << 8 * width) - 1;
    return (on_in ? on_in(port, width) : ~0u) & mask;
}

void Ports::out(std::uint16_t port, unsigned width, std::uint32_t value) const {
    if (on_out) on_out(port, width, value);
}

} // namespace arch
