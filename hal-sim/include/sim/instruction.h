// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "ia32/emulated.h"
#include "sim/regs.h"

namespace sim {

/// One machine instruction of a user program, as the World executes it.  Those that can fault start again.
struct Instruction {
    enum class Kind : std::uint8_t {
        none,
        syscall,    ///< int code; regs in (once, when it is executed again nobody loads them) and out
        load,       ///< size (1, 2, 4) bytes at address to value
        store,      ///< value to size bytes at address
        load_block, ///< size bytes at address to data; goes on where it faulted, like rep movsb
        store_block,
        compute, ///< nothing, for `value` microseconds; can be interrupted
        in,      ///< size bytes from port `address` to value
        out,
        raise,   ///< exception `code` with error code `value`
        jump,    ///< EIP := address
        fpu_get, ///< live FPU registers to data (an arch::FpuState)
        fpu_set,
        segments, ///< gs := address, fs := value; refuses selectors as the processor does
        look,     ///< all registers to data (an arch::Frame)
        assume,  ///< general registers, esp and the flags that are a program's own from data (an arch::Frame)
        load_gs, ///< the word at gs:address to value
        flags,   ///< cli (code 0) or sti (code 1)
        emulated, ///< code: ia32::Emulated; regs in, like syscall
    };
    Kind kind = Kind::none;
    std::uint32_t code = 0;
    std::uint32_t address = 0, value = 0, size = 0;
    std::byte* data = nullptr; ///< of the program; outlives the instruction because the program waits for it
    Regs regs{};
    bool loaded = false; ///< syscall, emulated: regs are in the registers
};

inline constexpr std::uint32_t instruction_length = 2; ///< of most instructions, since int n has two bytes
inline constexpr std::uint32_t instruction_length_max = ia32::emulated_bytes;

constexpr std::uint32_t length(const Instruction& i) {
    return i.kind == Instruction::Kind::emulated ? ia32::emulated_bytes : instruction_length;
}

} // namespace sim
