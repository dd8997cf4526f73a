// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"

namespace kern {

/// What is left of a text that a program prints by the machine's debugger (Machine::print()): so many bytes
/// of its memory, or fewer if it ends at a zero.
struct TextJob {
    VAddr at{};
    std::uint32_t left = 0;
    bool until_zero = false;
};

} // namespace kern
