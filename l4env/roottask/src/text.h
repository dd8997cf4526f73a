// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

namespace l4env::root {

/// A piece of somebody else's text.
struct Text {
    const char* at = "";
    std::size_t size = 0;

    constexpr Text() = default;
    constexpr Text(const char* first, std::size_t n) : at(first), size(n) {}
    constexpr Text(const char* zero_ended) : at(zero_ended) { // NOLINT(google-explicit-constructor)
        while (zero_ended[size] != 0) ++size;
    }

    constexpr bool empty() const { return size == 0; }
    constexpr bool operator==(const Text& other) const {
        if (size != other.size) return false;
        for (std::size_t i = 0; i < size; ++i)
            if (at[i] != other.at[i]) return false;
        return true;
    }
    constexpr bool ends_with(Text end) const {
        return size >= end.size && Text(at + size - end.size, end.size) == end;
    }
    constexpr Text first(std::size_t n) const { return {at, n < size ? n : size}; }
    constexpr Text without(std::size_t n) const {
        return n < size ? Text(at + n, size - n) : Text(at + size, 0);
    }
    /// Where `c` is for the first time, or the size.
    constexpr std::size_t find(char c) const {
        std::size_t i = 0;
        while (i < size && at[i] != c) ++i;
        return i;
    }
};

/// Takes the first word off the text; an empty one at its end.
Text take_word(Text& rest);
/// Takes the first line off the text.
Text take_line(Text& rest);

/// No control codes but those between lines and words.
bool is_text(Text text);

/// All of the text is a number: decimal or 0x, with K or M behind it for 2^10 and 2^20.
bool read_number(Text text, std::uint32_t& value);

} // namespace l4env::root
