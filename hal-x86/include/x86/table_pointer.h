// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

/// The operand of lgdt and lidt.
struct [[gnu::packed]] TablePointer {
    std::uint16_t limit; ///< the last byte
    const void* base;
};

} // namespace x86
