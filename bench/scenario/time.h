// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "bench/scenario/crowd.h"
#include "bench/scenario/system.h"

namespace bench {

/// `n` threads sleep until different times; the first one's timeout expires, and it goes to sleep again.
class Sleepers {
public:
    explicit Sleepers(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd crowd_;
    std::uint32_t next_ = 0;
};

/// `n` threads sleep until the same time; step() is one of the timer events that wake them.
class Alarm {
public:
    explicit Alarm(std::uint32_t n, const kern::Limits& limits = {});
    void prepare();
    bool step();
    void run() {
        while (step()) {
        }
    }
    std::uint32_t items() const { return static_cast<std::uint32_t>(crowd_.size()); }

private:
    System system_;
    Crowd crowd_;
};

} // namespace bench
