// SPDX-License-Identifier: BSD-2-Clause
#include "x86/boot_stop.h"

#include "x86/io.h"

namespace x86 {
namespace {

/// The rest of `text` behind `prefix`, or nullptr.
const char* behind(const char* text, const char* prefix) {
    while (*prefix)
        if (*text++ != *prefix++) return nullptr;
    return text;
}

/// Calls f with the start of each word until it returns something.
template <class F>
const char* for_words(const char* line, F f) {
    while (line && *line) {
        while (*line == ' ') ++line;
        if (const char* const found = f(line)) return found;
        while (*line && *line != ' ') ++line;
    }
    return nullptr;
}

} // namespace

bool option_given(const char* command_line, const char* word) {
    return for_words(command_line, [=](const char* at) {
               const char* const end = behind(at, word);
               return end && (*end == 0 || *end == ' ') ? end : nullptr;
           }) != nullptr;
}

std::uint32_t option_value(const char* command_line, const char* name, std::uint32_t otherwise) {
    const char* digits = for_words(command_line, [=](const char* at) { return behind(at, name); });
    if (!digits) return otherwise;
    std::uint32_t value = 0;
    for (; *digits && *digits != ' '; ++digits) {
        const auto c = static_cast<std::uint32_t>(static_cast<unsigned char>(*digits));
        const std::uint32_t digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20u) - 'a' + 10;
        if (digit >= 16) break;
        value = value << 4 | digit;
    }
    return value;
}

void stop(std::uint32_t exit_port) {
    if (exit_port != 0) out8(static_cast<std::uint16_t>(exit_port), 0x7f);
    for (;;) asm volatile("cli; hlt");
}

} // namespace x86
