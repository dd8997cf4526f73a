// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/time.h"

#include "kern/ensure.h"

namespace bench {
namespace {

void advance_to(System& system, kern::Micros then) {
    if (then > system.machine().now()) system.machine().timer().advance(then - system.machine().now());
}

constexpr std::uint32_t a_second = l4_timeout(0, 0, 61, 8); // 61 * 4^7 us

} // namespace

Sleepers::Sleepers(std::uint32_t n) : system_({.threads = n}), crowd_(system_, n, Crowd::State::asleep) {
    system_.root_sleeps();
    kern::ensure(system_.current().idle(), "bench: everybody sleeps");
    run();
    kern::ensure(system_.current().idle(), "bench: everybody sleeps again");
}

void Sleepers::run() {
    advance_to(system_, system_.machine().timer().deadline());
    system_.event({.kind = kern::Event::Kind::timer});
    // Should two have been due at once, each sleeps again before time goes on.
    while (!system_.current().idle()) system_.call(System::sleep(long_timeout(next_++)));
}

Alarm::Alarm(std::uint32_t n, const kern::Limits& limits)
    : system_({.threads = n, .limits = limits}), crowd_(system_, n, Crowd::State::ready) {
    prepare();
    run();
    kern::ensure(crowd_[0].frame.eax == L4_IPC_RETIMEOUT && !due(), "bench: all are awake");
}

void Alarm::prepare() {
    for (kern::Thread* const t : crowd_) system_.park(*t, System::sleep(a_second));
    advance_to(system_, system_.machine().timer().deadline());
}

bool Alarm::due() { return system_.machine().timer().deadline() <= system_.machine().now(); }

bool Alarm::step() {
    system_.event({.kind = kern::Event::Kind::timer});
    return due();
}

} // namespace bench
