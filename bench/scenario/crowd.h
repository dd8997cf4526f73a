// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <vector>

#include "bench/scenario/system.h"

namespace bench {

/// Many threads, 128 to a task, made by root, all of root's priority.
class Crowd {
public:
    enum class State : std::uint8_t {
        ready,   ///< behind root in its queue
        waiting, ///< for a message from anybody
        asleep,  ///< until their timeouts expire, each at another time, in minutes to hours
    };
    static constexpr std::uint16_t first_task = 1000; ///< tasks below are the scenario's own

    Crowd(System& system, std::uint32_t n, State state);

    kern::Thread& operator[](std::size_t i) { return *members_[i]; }
    std::size_t size() const { return members_.size(); }
    auto begin() const { return members_.begin(); }
    auto end() const { return members_.end(); }

private:
    std::vector<kern::Thread*> members_;
};

/// The running thread, thread 0 of its task, makes `n` more.
std::vector<kern::Thread*> fill_task(System& system, std::uint32_t n);

/// A receive timeout of minutes to hours.
std::uint32_t long_timeout(std::uint32_t seed);

} // namespace bench
