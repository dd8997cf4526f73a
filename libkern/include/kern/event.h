// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/strong.h"

namespace kern {

/// Everything that can happen to the kernel.  The hardware layers build these; nobody else does.
struct Event {
    enum class Kind : std::uint8_t {
        syscall,    ///< code: vector 0x30..0x36
        page_fault, ///< code: IA-32 error code, addr: the address (CR2)
        exception,  ///< code: vector, addr: error code
        io_fault,   ///< #GP by in or out; code: bytes (1, 2, 4), addr: port.  By cli, sti: code 0
        emulate,    ///< #GP by an instruction that the kernel executes; code: ia32::Emulated
        irq,        ///< code: line
        timer,      ///< the one-shot timer fired
        resume,     ///< the running thread is in the kernel and interrupts had their window
    };
    Kind kind{};
    std::uint32_t code = 0;
    VAddr addr{};
};

} // namespace kern
