// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

namespace l4env::log {

/// Puts the text of many tasks into lines, each of one task, with its number before it.
///
/// A line is put out when it is complete or full, or when its place is needed for another task's.
class Lines {
public:
    static constexpr std::size_t width = 160, tasks = 32;

    /// Where complete lines go: text without zeros, and with an end of line.
    using Out = void (*)(void* to, const char* line, std::size_t length);
    Lines(Out out, void* to) : out_(out), to_(to) {}

    void add(std::uint16_t task, const char* text, std::size_t length);
    /// All that is not put out yet.
    void flush();

private:
    struct Line {
        std::uint16_t task = 0; ///< 0: this place is free
        std::size_t used = 0;
        char text[width + 1] = {};
    };
    Line& line_of(std::uint16_t task);
    void put_out(Line& line);

    Line lines_[tasks];
    std::size_t next_victim_ = 0;
    const Out out_;
    void* const to_;
};

} // namespace l4env::log
