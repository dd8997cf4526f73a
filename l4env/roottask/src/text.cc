// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/text.h"

namespace l4env::root {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::uint32_t digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A') + 10;
    return 16;
}

} // namespace

Text take_word(Text& rest) {
    std::size_t first = 0;
    while (first < rest.size && is_space(rest.at[first])) ++first;
    std::size_t end = first;
    while (end < rest.size && !is_space(rest.at[end])) ++end;
    const Text word(rest.at + first, end - first);
    rest = rest.without(end);
    return word;
}

Text take_line(Text& rest) {
    const Text line = rest.first(rest.find('\n'));
    rest = rest.without(line.size + 1);
    return line;
}

bool is_text(Text text) {
    for (std::size_t i = 0; i < text.size; ++i)
        if (const auto c = static_cast<unsigned char>(text.at[i]);
            (c < ' ' && !is_space(text.at[i])) || c == 0x7f)
            return false;
    return true;
}

bool read_number(Text text, std::uint32_t& value) {
    std::uint64_t unit = 1, sum = 0;
    if (text.ends_with("K")) unit = 1u << 10;
    if (text.ends_with("M")) unit = 1u << 20;
    if (unit != 1) text = text.first(text.size - 1);
    std::uint32_t base = 10;
    if (text.first(2) == Text("0x")) {
        base = 16;
        text = text.without(2);
    }
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size; ++i) {
        const std::uint32_t d = digit(text.at[i]);
        if (d >= base) return false;
        sum = sum * base + d;
        if (sum > UINT32_MAX) return false;
    }
    sum *= unit;
    if (sum > UINT32_MAX) return false;
    value = static_cast<std::uint32_t>(sum);
    return true;
}

} // namespace l4env::root
