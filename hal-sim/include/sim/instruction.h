// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "sim/regs.h"

namespace sim {

/// One machine instruction of a user program, as the World executes it.  Those that can fault start again.
struct Instruction {
    enum class Kind : std::uint8_t {
        none,
        syscall,    ///< int code; regs in and out
        load,       ///< size (1, 2, 4) bytes at address to value
        store,      ///< value to size bytes at address
        load_block, ///< size bytes at address to data; goes on where it faulted, like rep movsb
        store_block,
        compute, ///< nothing, for `value` microseconds; can be interrupted
        in,      ///< size bytes from port `address` to value
        out,
        raise,   ///< exception `code`
        jump,    ///< EIP := address
        fpu_get, ///< live FPU registers to data (an arch::FpuState)
        fpu_set,
        segments, ///< gs := address, fs := value
        look,     ///< all registers to data (an arch::Frame)
    };
    Kind kind = Kind::none;
    std::uint32_t code = 0;
    std::uint32_t address = 0, value = 0, size = 0;
    std::byte* data = nullptr; ///< of the program; outlives the instruction because the program waits for it
    Regs regs{};
};

inline constexpr std::uint32_t instruction_length = 2; ///< of every instruction, since int n has two bytes

} // namespace sim
