// SPDX-License-Identifier: BSD-2-Clause
#include "conformance/harness/machine.h"

namespace conformance {
namespace {

constexpr Word com2 = 0x2f8, interrupt_enable = com2 + 1, interrupt_identity = com2 + 2, modem = com2 + 4;
constexpr Word keyboard_data = 0x60, keyboard_command = 0x64;
constexpr Word rtc_index = 0x70, rtc_data = 0x71;

void rtc(Word index, Word value) {
    out8(rtc_index, index);
    out8(rtc_data, value);
}

/// Lets that device's interrupts through, and has a byte come as from there.
void raise_by_keyboard_controller(Word interrupt, Word as_from) {
    static_cast<void>(in8(keyboard_data));
    out8(keyboard_command, 0x60);
    out8(keyboard_data, interrupt);
    out8(keyboard_command, as_from);
    out8(keyboard_data, 0x1c);
}

} // namespace

void raise_serial_irq() {
    out8(modem, 8);
    out8(interrupt_enable, 0);
    static_cast<void>(in8(interrupt_identity));
    out8(interrupt_enable, 2);
}

void raise_keyboard_irq() { raise_by_keyboard_controller(1, 0xd2); }
void raise_mouse_irq() { raise_by_keyboard_controller(2, 0xd3); }

void calm_irqs() {
    out8(interrupt_enable, 0);
    static_cast<void>(in8(interrupt_identity));
    static_cast<void>(in8(keyboard_data));
    rtc(0x0b, 0x02);
    out8(rtc_index, 0x0c);
    static_cast<void>(in8(rtc_data));
}

bool irq_masked(Word line) { return (in8(line < 8 ? 0x21 : 0xa1) >> (line & 7) & 1) != 0; }

void start_clock_irq() {
    rtc(0x0a, 0x24);
    rtc(0x0b, 0x42);
    out8(rtc_index, 0x0c);
    static_cast<void>(in8(rtc_data));
}

void stop_old_timer() {
    out8(0x43, 0x30);
    out8(0x40, 0xff);
    out8(0x40, 0xff);
}

void give_all_ports(Actor& to) {
    static_cast<void>(ipc(send_map(to.id, 0, L4_FP_IO_WHOLE, zero)));
    settle(50);
}

std::uint64_t time_stamp_us() {
    std::uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    const std::uint64_t cycles = static_cast<std::uint64_t>(high) << 32 | low;
    // 1 GHz under -icount: near enough without a division of 64 bits.
    return cycles >> 10;
}

void spin(std::uint64_t us) {
    const std::uint64_t end = time_stamp_us() + us;
    while (time_stamp_us() < end) {
    }
}

} // namespace conformance
