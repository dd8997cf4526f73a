// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "calls.h"

inline std::uint32_t random_state = 1;

/// A linear congruential generator's better bits.
inline Word below(Word n) {
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}
