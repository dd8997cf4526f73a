// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/words.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace test {
namespace {

std::string in_base(std::uint64_t n, int base) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, n, base).ptr};
}

} // namespace

std::string quoted(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string out = "`";
    for (const char c : text.substr(0, most)) out += c >= ' ' && c <= '~' ? c : '?';
    return out + (text.size() > most ? "...`" : "`");
}

bool Words::done() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
    return rest_.empty();
}

std::string_view Words::next(const std::string& wanted) {
    if (done()) throw std::invalid_argument("the line ends where " + wanted + " should be");
    const std::size_t size = std::min(rest_.find_first_of(" \t\r"), rest_.size());
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
}

std::uint64_t Words::number(const std::string& wanted, int base, std::uint64_t most) {
    return parse_number(next(wanted), wanted, base, most);
}

void Words::expect_end(const std::string& after) {
    if (!done())
        throw std::invalid_argument(quoted(rest_) + " is too much after " + after + "; take it away");
}

std::uint64_t parse_number(std::string_view word, const std::string& wanted, int base, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    if (error == std::errc{} && end == word.data() + word.size() && value <= most) return value;
    const bool is_number = end == word.data() + word.size() && error != std::errc::invalid_argument;
    throw std::invalid_argument(quoted(word) + " is " + (is_number ? "too large" : "no number") + " for " +
                                wanted + "; it must be a " + (base == 16 ? "hexadecimal" : "decimal") +
                                " number up to " + in_base(most, base));
}

} // namespace test
