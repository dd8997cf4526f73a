// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace ia32 {

/// Privileged instructions that the kernel executes for user programs (docs/semantics.md 17).
enum class Emulated : std::uint8_t {
    lidt, ///< 0F 01 18, lidt (%eax)
    lldt, ///< 0F 00 D0, lldt %ax
};
inline constexpr std::uint32_t emulated_bytes = 3; ///< length of each

inline constexpr std::uint32_t int_length = 2; ///< of int n

/// Exceptions with which the processor pushes an error code.
constexpr bool has_error_code(std::uint32_t vector) {
    return vector == 8 || (vector >= 10 && vector <= 13) || vector == 17;
}

/// Exceptions that come when their instruction is over, so that it does not raise them again.
constexpr bool is_trap(std::uint32_t vector) { return vector == 1 || vector == 3 || vector == 4; }

} // namespace ia32
