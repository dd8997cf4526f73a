// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/time.h"

#include "kern/ensure.h"

namespace bench {
namespace {

constexpr std::uint32_t a_second = l4_timeout(0, 0, 61, 8); // 61 * 4^7 us

} // namespace

Sleepers::Sleepers(std::uint32_t n) : system_({.threads = n}), crowd_(system_, n, Crowd::State::asleep) {
    system_.root_sleeps();
    kern::ensure(system_.current().idle(), "bench: everybody sleeps");
    run();
    kern::ensure(system_.current().idle(), "bench: everybody sleeps again");
}

void Sleepers::run() {
    system_.timer_fires();
    // Should two have been due at once, each sleeps again before time goes on.
    while (!system_.current().idle()) system_.call(System::sleep(long_timeout(next_++)));
}

Alarm::Alarm(std::uint32_t n, const kern::Limits& limits)
    : system_({.threads = n, .limits = limits}), crowd_(system_, n, Crowd::State::ready) {
    prepare();
    run();
    kern::ensure(crowd_[0].frame.eax == L4_IPC_RETIMEOUT && !system_.machine().timer().due(),
                 "bench: all are awake");
}

void Alarm::prepare() {
    for (kern::Thread* const t : crowd_) system_.park(*t, System::sleep(a_second));
}

bool Alarm::step() {
    system_.timer_fires();
    return system_.machine().timer().due();
}

} // namespace bench
