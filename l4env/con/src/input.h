// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>

#include "l4/con/con.h"

namespace l4env::con {

/// Makes lines of what is typed: backspace takes a character back, and a line ends with return. Lines that
/// nobody reads wait; what has no room any more is lost, with a bell.
class Input {
public:
    static constexpr std::size_t buffer_size = 4096;

    /// One character; `echo` gets what is to be shown, if there is an echo.
    template <class Echo>
    void type(char c, Echo echo) {
        if (c == '\r') c = '\n';
        const bool end = c == '\n', back = c == '\b' || c == 0x7f;
        if (back) {
            if (length_ > 0) {
                --length_;
                echo("\b \b", 3);
            }
        } else if (static_cast<unsigned char>(c) < ' ' && !end && c != '\t') {
            return;
        } else if (!put(c)) {
            echo("\a", 1);
        } else if (end) {
            echo("\r\n", 2);
        } else {
            echo(&c, 1);
        }
    }

    bool has_line() const { return lines_ > 0; }
    /// The oldest line with its end; has_line(). At most `size` bytes of it, the rest is gone.
    std::size_t take(char* to, std::size_t size);

private:
    bool put(char c);
    std::size_t at(std::size_t i) const { return (first_ + i) % buffer_size; }

    char buffer_[buffer_size] = {};
    std::size_t first_ = 0, complete_ = 0; ///< of the lines that wait: where, and how many bytes
    std::size_t length_ = 0;               ///< of the line that is being typed, behind them
    std::size_t lines_ = 0;
};

} // namespace l4env::con
