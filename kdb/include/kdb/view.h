// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <span>

#include "kdb/ring.h"
#include "kdb/symbols.h"
#include "kern/kernel.h"

namespace kdb {

/// The kernel's own code and stack, where the debugger runs on the machine that it looks at.
struct Code {
    std::span<const std::byte> text;
    std::uint32_t text_base = 0;          ///< address of its first byte
    std::span<const std::uint32_t> stack; ///< from where the debugger was entered to its end
    std::uint32_t eip = 0;                ///< there; 0: not known
    Symbols symbols;
};

/// What the debugger looks at.  It reads frames through the machine and changes nothing.
struct View {
    const kern::Kernel& kernel;
    arch::Machine& machine;
    const Ring* ring = nullptr; ///< nullptr: none is kept
    Code code{};
};

} // namespace kdb
