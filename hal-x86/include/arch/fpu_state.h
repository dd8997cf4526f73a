// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>

namespace arch {

/// What fxsave stores and fxrstor loads.  To everybody but the program that owns it: 512 bytes.  The default
/// is what a new thread starts with: empty registers and no exception unmasked, as after fninit.
struct alignas(16) FpuState {
    static constexpr std::size_t control_word = 0, mxcsr = 24;

    std::array<std::byte, 512> bytes = fresh();
    bool operator==(const FpuState&) const = default;

private:
    static constexpr std::array<std::byte, 512> fresh() {
        std::array<std::byte, 512> b{};
        b[control_word] = std::byte{0x7f};
        b[control_word + 1] = std::byte{0x03};
        b[mxcsr] = std::byte{0x80};
        b[mxcsr + 1] = std::byte{0x1f};
        return b;
    }
};

} // namespace arch
