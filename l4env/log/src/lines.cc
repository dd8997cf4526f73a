// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/log/src/lines.h"

namespace l4env::log {
namespace {

/// "NNNN| ", right-aligned.
std::size_t put_number(std::uint16_t task, char* at) {
    constexpr std::size_t digits = 4;
    for (std::size_t i = digits; i > 0; --i, task = static_cast<std::uint16_t>(task / 10))
        at[i - 1] = task == 0 && i != digits ? ' ' : static_cast<char>('0' + task % 10);
    at[digits] = '|';
    at[digits + 1] = ' ';
    return digits + 2;
}

/// What no terminal takes for a command, be it one of UTF-8 or of eight bits: of the codes 0x80 to 0x9f only
/// those within a character, and not behind 0xc2, with which they are control characters again.
constexpr bool printable(char c, char before) {
    const auto code = static_cast<unsigned char>(c), last = static_cast<unsigned char>(before);
    if (code >= 0x80 && code < 0xa0) return last >= 0x80 && last != 0xc2;
    return (code >= ' ' && code != 0x7f) || c == '\t';
}

} // namespace

Lines::Line& Lines::line_of(std::uint16_t task) {
    Line* free = nullptr;
    for (Line& l : lines_) {
        if (l.task == task) return l;
        if (l.task == 0 && free == nullptr) free = &l;
    }
    if (free == nullptr) {
        free = &lines_[next_victim_++ % tasks];
        put_out(*free);
    }
    free->task = task;
    free->used = put_number(task, free->text);
    return *free;
}

void Lines::put_out(Line& line) {
    line.text[line.used++] = '\n';
    out_(to_, line.text, line.used);
    line = {};
}

void Lines::add(std::uint16_t task, const char* text, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
        Line& line = line_of(task);
        if (text[i] == '\n') {
            put_out(line);
            continue;
        }
        // Nobody can forge another's line or an escape sequence of the terminal.
        const char before = line.text[line.used - 1];
        line.text[line.used++] = printable(text[i], before) ? text[i] : '?';
        if (line.used == width) put_out(line);
    }
}

void Lines::flush() {
    for (Line& l : lines_)
        if (l.task != 0) put_out(l);
}

} // namespace l4env::log
