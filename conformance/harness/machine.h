// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// The PC: interrupts that come when a row wants them, ports, time that passes while a thread runs.
#include "conformance/harness/actor.h"

namespace conformance {

/// The line of COM2, which interrupts as soon as it is told that it may; and others, the keyboard's
/// and the mouse's.
inline constexpr Word serial_irq = 3, keyboard_irq = 1, mouse_irq = 12;
/// By whoever has the ports; each is one more edge.
void raise_serial_irq();
void raise_keyboard_irq();
void raise_mouse_irq();
/// No request is left on any.
void calm_irqs();
/// Whether the interrupt controller has the line shut.
bool irq_masked(Word line);
/// The machine's clock (RTC) interrupts from now on each 244 us, until calm_irqs.
inline constexpr Word clock_irq = 8;
void start_clock_irq();

/// The timer that the kernel does not use when it has a local APIC: without it long times pass quickly in
/// QEMU.
void stop_old_timer();

/// All ports, and so the right to `cli`.
void give_all_ports(Actor& to);
/// Runs for that long, by the time stamp counter.
void spin(std::uint64_t us);
std::uint64_t time_stamp_us();

} // namespace conformance
