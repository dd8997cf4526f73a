// SPDX-License-Identifier: BSD-2-Clause
#include "x86/boot_stop.h"

#include <optional>

#include "x86/console.h"
#include "x86/io.h"

namespace x86 {
namespace {

/// What may be given beside `exit=PORT`.
constexpr const char* options[] = {"checks",     "crash",     "crash=double", "kdb",
                                   "timer=apic", "timer=pit", "trace"};

/// Is that the end of a word?
bool ends(const char* at) { return *at == 0 || *at == ' '; }

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
        if (*line == 0) break;
        if (const char* const found = f(line)) return found;
        while (*line && *line != ' ') ++line;
    }
    return nullptr;
}

bool is_word(const char* at, const char* word) {
    const char* const rest = behind(at, word);
    return rest && ends(rest);
}

/// The hexadecimal number that is the rest of a word, if it is one of 16 bits.
std::optional<std::uint32_t> port(const char* at) {
    std::uint32_t value = 0;
    const char* const first = at;
    for (; !ends(at); ++at) {
        const auto c = static_cast<std::uint32_t>(static_cast<unsigned char>(*at));
        const std::uint32_t digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20u) - 'a' + 10;
        if (digit >= 16 || (c > '9' && c < 'A') || value > 0xfff) return {};
        value = value << 4 | digit;
    }
    return at == first ? std::nullopt : std::optional(value);
}

bool known(const char* at) {
    for (const char* const option : options)
        if (is_word(at, option)) return true;
    const char* const value = behind(at, "exit=");
    return value && port(value);
}

/// Can that be what the boot loader calls the kernel?  QEMU and some others put that first, GRUB does not.
bool is_file(const char* at) {
    for (; !ends(at); ++at)
        if (*at == '.' || *at == '/') return true;
    return false;
}

} // namespace

bool option_given(const char* command_line, const char* word) {
    return for_words(command_line, [=](const char* at) { return is_word(at, word) ? at : nullptr; }) !=
           nullptr;
}

std::uint32_t exit_port(const char* command_line) {
    const char* const value = for_words(command_line, [](const char* at) { return behind(at, "exit="); });
    return value ? port(value).value_or(0) : 0;
}

void put_ignored_options(const char* command_line, Console& console) {
    bool first = true, any = false;
    for_words(command_line, [&](const char* at) -> const char* {
        const bool file = first && is_file(at);
        first = false;
        if (file || known(at)) return nullptr;
        console.put(any ? " " : "drops: ignored: ");
        any = true;
        for (; !ends(at); ++at) console.put(*at);
        return nullptr;
    });
    if (!any) return;
    console.put("; the words of the command line are");
    for (const char* const option : options) {
        console.put(" ");
        console.put(option);
    }
    console.put(" exit=PORT (hexadecimal)\n");
}

void stop(std::uint32_t exit_port) {
    if (exit_port != 0) out8(static_cast<std::uint16_t>(exit_port), 0x7f);
    for (;;) asm volatile("cli; hlt");
}

} // namespace x86
