// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "arch/machine.h"

namespace sim {

/// May a program load this selector into GS or FS?  Else the processor refuses with a general-protection
/// fault, also when it is the kernel that loads it.
bool loadable(const arch::Machine& machine, std::uint32_t selector);

/// The linear address of `size` bytes at that offset; none: beyond the segment, or there is none.  Not of the
/// UTCB's selector.
std::optional<std::uint32_t> linear(const arch::Machine& machine, std::uint32_t selector,
                                    std::uint32_t offset, std::uint32_t size);

} // namespace sim
