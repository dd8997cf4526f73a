// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"
#include "x86/io.h"

namespace kern {
struct Layout;
}

namespace x86 {

/// The clock, from the processor's time stamp counter, and the one-shot timer on it: the local APIC's or,
/// where there is none or the boot command line says so, the PIT.
///
/// The hardware may fire before the deadline, because its counter is short or because it was not worth
/// setting it anew; whoever takes its interrupt asks due(), and rearm() sets it again.
///
/// After an event it does not fire again for `pause`, however many deadlines are past: devices and programs
/// get on meanwhile, so none of them waits for longer than one event.
class Timer {
public:
    static constexpr kern::Micros pause{15}; ///< of which the event itself takes four or so
    static constexpr std::uint32_t apic_vector = 0x40, apic_spurious_vector = 0x4f;

    /// Calibrates against the PIT.
    void init(bool want_apic);
    bool uses_apic() const { return apic_; }
    std::uint32_t tsc_khz() const { return tsc_khz_; }
    std::uint32_t apic_khz() const { return apic_khz_; }

    kern::Micros now() const {
        // tsc * micros_per_tick_ / 2^32 - start_ without the compiler's spills: every entry asks.
        std::uint64_t now;
        std::uint32_t high, part;
        asm volatile(
            "rdtsc\n\t"
            "mov %%edx, %1\n\t"
            "mull %4\n\t"
            "mov %%edx, %2\n\t"
            "mov %1, %%eax\n\t"
            "mull %4\n\t"
            "add %2, %%eax\n\t"
            "adc $0, %%edx\n\t"
            "sub %3, %%eax\n\t"
            "sbb 4+%3, %%edx"
            : "=&A"(now), "=&r"(high), "=&r"(part)
            : "o"(start_), "m"(micros_per_tick_)
            : "cc");
        return kern::Micros{now};
    }
    /// The clock shows this time, and goes on from it.
    void start_at(kern::Micros time) {
        start_ = 0;
        start_ = now().raw() - time.raw();
        same_until_ = 0;
    }
    void arm(kern::Micros at) {
        deadline_ = at;
        same_until_ = 0;
        if (at < hardware_) set(at);
    }
    bool due() const { return deadline_ <= now(); }
    /// The interrupt of the hardware was taken.
    void fired() {
        hardware_ = kern::never;
        if (apic_) end_of_apic_interrupt();
    }
    /// The one-shot is over, and its event follows.
    void expire() {
        deadline_ = kern::never;
        same_until_ = 0;
        earliest_ = now() + pause;
    }
    void rearm() {
        if (deadline_ != kern::never) set(deadline_);
    }

private:
    friend struct kern::Layout;
    void calibrate();
    void set(kern::Micros at);
    static void end_of_apic_interrupt();

    bool apic_ = false;
    std::uint32_t tsc_khz_ = 0, apic_khz_ = 0;
    std::uint32_t micros_per_tick_ = 0; ///< of the TSC, times 2^32
    std::uint32_t ticks_per_micro_ = 0; ///< of the one-shot's counter, times 2^10
    std::uint64_t start_ = 0;           ///< the clock is behind the time stamp counter's microseconds by this
    kern::Micros deadline_ = kern::never;
    kern::Micros hardware_ = kern::never; ///< when the hardware fires
    kern::Micros earliest_{};             ///< when it may fire again

    // Assembly's own, while it goes on without C++: until when, by the time stamp counter, the clock shows
    // the microsecond that the kernel was told last; and how much later than that the kernel's timer is armed
    // for.
    std::uint64_t same_until_ = 0;
    std::uint32_t left_ = 0;
};

} // namespace x86
