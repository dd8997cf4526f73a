// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/sys/io.h"

namespace l4env::con {

/// A 16550 UART: output is waited for, input interrupts.
class Uart {
public:
    /// `loop`: what is sent comes back, for tests. The speed is left as the boot loader has set it.
    Uart(std::uint16_t base, bool loop) : base_(base) {
        constexpr std::uint8_t fifo = 0x07, terminal_and_request = 0x03, interrupts_out = 0x08,
                               loopback = 0x10;
        l4_out8(port(fifo_control), fifo);
        l4_out8(port(modem_control),
                static_cast<std::uint8_t>(terminal_and_request | interrupts_out | (loop ? loopback : 0)));
        l4_out8(port(interrupt_enable), received);
    }

    bool has_input() const { return (l4_in8(port(line_status)) & data_ready) != 0; }
    char get() const { return static_cast<char>(l4_in8(port(data))); }
    void put(char c) const {
        while ((l4_in8(port(line_status)) & can_send) == 0) continue;
        l4_out8(port(data), static_cast<std::uint8_t>(c));
    }

private:
    static constexpr std::uint16_t data = 0, interrupt_enable = 1, fifo_control = 2, modem_control = 4,
                                   line_status = 5;
    static constexpr std::uint8_t received = 0x01, data_ready = 0x01, can_send = 0x20;
    std::uint16_t port(std::uint16_t reg) const { return static_cast<std::uint16_t>(base_ + reg); }
    const std::uint16_t base_;
};

} // namespace l4env::con
