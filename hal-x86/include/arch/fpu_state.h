// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace arch {

/// What fxsave stores and fxrstor loads.  To everybody but the program that owns it: 512 bytes, the last of
/// which no processor uses in 32-bit mode.  The default is what a new thread starts with: empty registers and
/// no exception unmasked, as after fninit.
struct alignas(16) FpuState {
    static constexpr std::size_t control_word = 0, mxcsr = 24, used = 288;

    std::array<std::byte, 512> bytes;

    FpuState() { // interrupts are off: what is not used is not written
        auto* const words = reinterpret_cast<std::uint32_t*>(bytes.data());
#pragma GCC unroll 72
        for (std::size_t i = 0; i < used / sizeof *words; ++i) words[i] = 0;
        bytes[control_word] = std::byte{0x7f};
        bytes[control_word + 1] = std::byte{0x03};
        bytes[mxcsr] = std::byte{0x80};
        bytes[mxcsr + 1] = std::byte{0x1f};
    }
    FpuState(const FpuState& other) { *this = other; }
    FpuState& operator=(const FpuState& other) {
        std::memcpy(bytes.data(), other.bytes.data(), used);
        return *this;
    }
};

} // namespace arch
