// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

/// The value of `name=` among the words of a command line, as a hexadecimal number.
std::uint32_t option_value(const char* command_line, const char* name, std::uint32_t otherwise);
/// Is `word` one of its words?
bool option_given(const char* command_line, const char* word);

/// Stops for good.  With `exit=PORT` on the kernel's command line that port is written first: QEMU's
/// isa-debug-exit then ends with status 255.
[[noreturn]] void stop(std::uint32_t exit_port);

} // namespace x86
