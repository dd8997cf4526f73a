// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/crowd.h"

#include <algorithm>

#include "kern/ensure.h"

namespace bench {

std::vector<kern::Thread*> fill_task(System& system, std::uint32_t n) {
    std::vector<kern::Thread*> made;
    for (std::uint32_t l = 1; l <= n; ++l) made.push_back(&system.new_thread(static_cast<std::uint8_t>(l)));
    return made;
}

std::uint32_t long_timeout(std::uint32_t seed) {
    const std::uint32_t man = 1 + seed * 167 % 255; // 167 and 255 have no common divisor
    return l4_timeout(0, 0, man, 1);                // man * 268 s
}

Crowd::Crowd(System& system, std::uint32_t n, State state) {
    for (std::uint16_t task = first_task; members_.size() < n; ++task) {
        kern::Thread& first = system.new_task(task);
        members_.push_back(&first);
        const auto left = n - static_cast<std::uint32_t>(members_.size());
        system.as(first);
        const auto others = fill_task(system, std::min(left, L4_THREADS_PER_TASK - 1));
        system.back();
        members_.insert(members_.end(), others.begin(), others.end());
    }
    kern::ensure(members_.size() == n, "bench: the crowd is complete");
    if (state == State::ready) return;
    for (std::uint32_t i = 0; i < n; ++i) {
        system.machine().timer().advance(kern::Micros{1}); // no two deadlines are the same
        system.park(*members_[i], state == State::waiting ? System::wait() : System::sleep(long_timeout(i)));
    }
}

} // namespace bench
