// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "x86/layout.h"

namespace x86 {

/// The processor's own interrupt controller: its timer, and a wire through to the 8259.
class LocalApic {
public:
    static constexpr std::uint32_t physical = 0xfee00000;

    static void enable(std::uint32_t timer_vector, std::uint32_t spurious_vector);
    static void mask_timer() { write(lvt_timer, masked); }
    /// One shot; 0 stops it.
    static void start(std::uint32_t ticks) { write(initial_count, ticks); }
    static std::uint32_t count() { return at(current_count); }
    static void end_of_interrupt() { write(eoi, 0); }

private:
    static constexpr std::uint32_t task_priority = 0x80, eoi = 0xb0, spurious = 0xf0, lvt_timer = 0x320,
                                   lvt_lint0 = 0x350, lvt_lint1 = 0x360, lvt_error = 0x370,
                                   initial_count = 0x380, current_count = 0x390, divide = 0x3e0;
    static constexpr std::uint32_t masked = 1u << 16, software_enabled = 1u << 8, external = 7u << 8,
                                   non_maskable = 4u << 8, divide_by_1 = 0xb;

    static volatile std::uint32_t& at(std::uint32_t reg) {
        return *at_address<volatile std::uint32_t>(local_apic_base + reg);
    }
    static void write(std::uint32_t reg, std::uint32_t value) { at(reg) = value; }
};

} // namespace x86
