// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>

namespace arch {

/// What fxsave stores and fxrstor loads.  To everybody but the program that owns it: 512 bytes.  The default
/// is what a new thread starts with.
struct alignas(16) FpuState {
    std::array<std::byte, 512> bytes{};
    bool operator==(const FpuState&) const = default;
};

} // namespace arch
