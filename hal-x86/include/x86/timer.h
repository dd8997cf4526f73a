// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"

namespace x86 {

/// The clock, from the processor's time stamp counter, and the one-shot timer on it: the local APIC's or,
/// where there is none or the boot command line says so, the PIT.
///
/// The hardware may fire before the deadline, because its counter is short or because it was not worth
/// setting it anew; whoever takes its interrupt asks due(), and rearm() sets it again.
class Timer {
public:
    static constexpr std::uint32_t apic_vector = 0x40, apic_spurious_vector = 0x4f;

    /// Calibrates against the PIT.
    void init(bool want_apic);
    bool uses_apic() const { return apic_; }
    std::uint32_t tsc_khz() const { return tsc_khz_; }
    std::uint32_t apic_khz() const { return apic_khz_; }

    kern::Micros now() const;
    void arm(kern::Micros at) {
        deadline_ = at;
        if (at < hardware_) set(at);
    }
    bool due() const { return deadline_ <= now(); }
    /// The interrupt of the hardware was taken.
    void fired() {
        hardware_ = kern::never;
        if (apic_) end_of_apic_interrupt();
    }
    /// The one-shot is over.
    void expire() { deadline_ = kern::never; }
    void rearm() {
        if (deadline_ != kern::never) set(deadline_);
    }

private:
    void calibrate();
    void set(kern::Micros at);
    static void end_of_apic_interrupt();

    bool apic_ = false;
    std::uint32_t tsc_khz_ = 0, apic_khz_ = 0;
    std::uint32_t micros_per_tick_ = 0; ///< of the TSC, times 2^32
    std::uint32_t ticks_per_micro_ = 0; ///< of the one-shot's counter, times 2^10
    std::uint64_t start_ = 0;
    kern::Micros deadline_ = kern::never;
    kern::Micros hardware_ = kern::never; ///< when the hardware fires
};

} // namespace x86
