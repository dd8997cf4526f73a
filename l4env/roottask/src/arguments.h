// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4/roottask/protocol.h"
#include "l4env/roottask/src/text.h"

namespace l4env::root {

/// Where programs have their first stack.
constexpr std::uint32_t stack_end = L4_ROOT_STACK_END;

/// Puts name and arguments on a new stack as a Unix program finds them: argc, argv, an empty environment, an
/// empty auxiliary vector. `stack` is all of it, its end is at stack_end in the program's space. The first
/// stack pointer; 0: the stack is too small.
std::uint32_t put_arguments(std::span<std::byte> stack, Text name, Text arguments);

} // namespace l4env::root
