// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "x86/console.h"

namespace x86 {

/// Text of programs on its way to the console: a chunk at a time is held, then put character by character, so
/// that interrupts wait for one of either.  Who prints next puts first what is left, as the kernel does when
/// it is idle: a chunk is one piece on the console, and is not lost with its thread.
class Text {
public:
    static constexpr std::uint32_t chunk = 128;

    constexpr Text() = default;
    bool pending() const { return next_ != end_; }
    /// The next character, if the console is ready for it; false: there is none, and nothing scrolls.
    bool put_next(Console& console) {
        if (console.scrolls()) {
            console.scroll();
            return true;
        }
        if (!pending()) return false;
        if (console.put_if_ready(bytes_[next_])) ++next_;
        if (!pending()) next_ = end_ = 0;
        return true;
    }
    void put_all(Console& console) {
        while (put_next(console)) {
        }
    }
    // What is held from now on: bytes that are written to room(), or put().
    std::span<char> room() { return std::span(bytes_).subspan(end_); }
    void hold(std::uint32_t size) { end_ += size; }
    void put(char c) { bytes_[end_++] = c; }
    void put(const char* text) {
        while (*text) put(*text++);
    }

private:
    std::array<char, 272> bytes_{}; ///< the longest chunk is what L4_KD_ENTER shows
    std::uint32_t next_ = 0, end_ = 0;
};

} // namespace x86
