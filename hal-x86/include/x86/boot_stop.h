// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

class Console;

/// What `exit=PORT` among the words of a command line says; 0: nothing, or no port.
std::uint32_t exit_port(const char* command_line);
/// Is `word` one of its words?
bool option_given(const char* command_line, const char* word);
/// One line that names the words which nobody looks at, and what there is; nothing if there are none.
void put_ignored_options(const char* command_line, Console& console);

/// Stops for good.  With `exit=PORT` on the kernel's command line that port is written first: QEMU's
/// isa-debug-exit then ends with status 255.
[[noreturn]] void stop(std::uint32_t exit_port);

} // namespace x86
