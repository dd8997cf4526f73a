// SPDX-License-Identifier: BSD-2-Clause
// Where the replaying machine is another than the PC: what is defined here takes the place of files of
// hal-x86 (timer.cc, window.cc, forget.cc, kdebug.cc, run.cc), and nothing else of it is exchanged.
#include <algorithm>

#include "arch/machine.h"
#include "hal-x86/replay/player.h"
#include "x86/io.h"
#include "x86/kdebug.h"
#include "x86/local_apic.h"
#include "x86/timer.h"

namespace x86 {

/// The clock stands still unless it is set, as a time stamp counter of no speed would have it.  The local
/// APIC is there to interrupt programs by itself; its own timer never fires.
void Timer::init(bool /*want_apic*/) {
    LocalApic::enable(apic_vector, apic_spurious_vector);
    LocalApic::start(0);
    apic_ = true;
}
void Timer::set(kern::Micros /*at*/) {}
void Timer::end_of_apic_interrupt() { LocalApic::end_of_interrupt(); }

/// Instruction pointers of traces lead to no instructions.
std::optional<kern::TextJob> kdebug(arch::Machine& /*machine*/, arch::Frame& /*frame*/,
                                    std::uint32_t /*vector*/) {
    return std::nullopt;
}

} // namespace x86

namespace arch {
namespace {

alignas(4096) constinit std::array<std::byte, 4096> open_bus{};

} // namespace

/// Traces have each bounded piece of work as an event of its own.
bool Machine::interrupted() {
    replay::player.piece_ends();
    return true;
}
void Machine::rest() { replay::player.piece_ends(); }
bool Machine::print(kern::TextJob& /*job*/) { return false; }

/// The requests of traces wait in the player.
void Machine::forget(kern::Line line) {
    pic_.forget(line);
    replay::player.forget(line);
}

/// Traces have no memory there.  The simulated machine's open bus: reads as ones, forgets what is written.
std::span<std::byte, 4096> Machine::window(kern::PAddr /*frame*/) {
    const std::uint64_t begun = x86::read_tsc();
    std::fill(open_bus.begin(), open_bus.end(), std::byte{0xff});
    replay::player.leave_out(begun);
    return open_bus;
}

} // namespace arch
