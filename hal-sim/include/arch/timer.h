// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/strong.h"

namespace arch {

/// Virtual time and the one-shot timer on it.  Time moves only when the embedder says so.
class Timer {
public:
    kern::Micros now() const { return now_; }
    kern::Micros deadline() const { return deadline_; } ///< `never`: not armed
    void arm(kern::Micros at) { deadline_ = at; }
    void advance(kern::Micros by) { now_ = now_ + by; }
    bool due() const { return deadline_ <= now_ && deadline_ != kern::never; }
    /// The interrupt was taken: one shot.
    void fired() { deadline_ = kern::never; }

private:
    kern::Micros now_{}, deadline_ = kern::never;
};

} // namespace arch
