// SPDX-License-Identifier: BSD-2-Clause
#include "x86/timer.h"

#include <algorithm>
#include <utility>

#include "x86/cpu.h"
#include "x86/io.h"
#include "x86/layout.h"
#include "x86/local_apic.h"
#include "x86/pit.h"

namespace x86 {
namespace {

constexpr std::uint32_t calibration_us = 10000;
constexpr std::uint32_t longest_us = 4000000; ///< that the APIC's counter is set to, if it can count that far

std::uint32_t khz(std::uint64_t ticks) { return static_cast<std::uint32_t>(ticks * 1000 / calibration_us); }

} // namespace

void Timer::init(bool want_apic) {
    apic_ = want_apic && (cpuid(1).edx & feature_apic) != 0;
    if (apic_) LocalApic::enable(apic_vector, apic_spurious_vector);
    calibrate();
    // A counter that stands still, or runs at a speed that none has, is no timer.
    if (apic_ && (apic_khz_ < 1000 || apic_khz_ > 4000000)) {
        apic_ = false;
        LocalApic::mask_timer();
    }
    const std::uint64_t per_ms = apic_ ? apic_khz_ : Pit::hz / 1000;
    ticks_per_micro_ = static_cast<std::uint32_t>((per_ms << 10) / 1000);
    micros_per_tick_ = static_cast<std::uint32_t>((std::uint64_t{1000} << 32) / tsc_khz_);
    start_at({});
}

/// A virtual machine may stand still at any moment: of some measurements, the one that is best known to have
/// been made at both ends of the time.
void Timer::calibrate() {
    if (apic_) LocalApic::start(~0u);
    std::uint64_t least = ~std::uint64_t{0};
    for (int tries = 0; tries < 20; ++tries) {
        const std::uint64_t before = read_tsc();
        Pit::start_wait(calibration_us);
        const std::uint64_t first = read_tsc();
        const std::uint32_t count = apic_ ? LocalApic::count() : 0;
        std::uint64_t last = first, now = first;
        while (!Pit::waited()) last = std::exchange(now, read_tsc());
        const std::uint32_t end_count = apic_ ? LocalApic::count() : 0;
        now = read_tsc();
        const std::uint64_t unsure = first - before + (now - last);
        if (unsure >= least) continue;
        least = unsure;
        tsc_khz_ = khz(now - first);
        apic_khz_ = khz(count - end_count);
        if (unsure < (now - first) / 512) break;
    }
    if (apic_) LocalApic::start(0);
}

void Timer::set(kern::Micros at) {
    const std::uint64_t now = this->now().raw();
    // The APIC's counter has 32 bits; a microsecond is left for what rounding up adds.
    const std::uint64_t limit =
        apic_ ? std::min(longest_us, ~0u / (apic_khz_ / 1000 + 1) - 1) : std::uint64_t{Pit::longest_us};
    const std::uint64_t next = std::max(at.raw(), earliest_.raw());
    const std::uint64_t left = next > now ? std::min(next - now, limit) : 0;
    // Rounded up: to be early costs one more interrupt.
    const auto ticks = static_cast<std::uint32_t>((left * ticks_per_micro_ >> 10) + 1);
    hardware_ = kern::Micros{now + left};
    if (apic_)
        LocalApic::start(ticks);
    else
        Pit::start_timer(ticks);
}

void Timer::end_of_apic_interrupt() { LocalApic::end_of_interrupt(); }

} // namespace x86
