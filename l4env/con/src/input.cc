// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/con/src/input.h"

namespace l4env::con {

/// A line's last place is for its end, and there is always one left to end the line with.
bool Input::put(char c) {
    const bool end = c == '\n';
    const std::size_t line_max = L4_CON_LINE_MAX - 1, room = buffer_size - complete_ - length_;
    if (!end && (length_ >= line_max || room < 2)) return false;
    if (room == 0) return false;
    buffer_[at(complete_ + length_++)] = c;
    if (end) {
        complete_ += length_;
        length_ = 0;
        ++lines_;
    }
    return true;
}

std::size_t Input::take(char* to, std::size_t size) {
    std::size_t n = 0;
    for (bool end = false; !end; ++n) {
        const char c = buffer_[at(n)];
        if (n < size) to[n] = c;
        end = c == '\n';
    }
    first_ = at(n);
    complete_ -= n;
    --lines_;
    return n < size ? n : size;
}

} // namespace l4env::con
