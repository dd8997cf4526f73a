// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>

#include "kern/strong.h"

namespace x86 {

/// The first serial line (115200 8n1), if there is one, and the VGA text screen.
///
/// Works before and after paging is on: both through the direct range.
class Console {
public:
    constexpr Console() = default;
    void init();
    void put(char c) {
        while (!put_if_ready(c)) {
        }
        while (scrolls()) scroll();
    }
    /// False: the serial line was not ready for all that c makes, or the screen scrolls; the next call goes
    /// on with c.
    bool put_if_ready(char c);
    /// The screen is amid scrolling, which goes some rows at a time: interrupts wait for one of them.
    bool scrolls() const { return scrolled_ != 0; }
    void scroll();
    void put(const char* text) {
        while (*text) put(*text++);
    }
    void hex(std::uint32_t value, unsigned digits = 8);
    void decimal(std::uint32_t value);
    int input(); ///< for programs: a character from the serial line, -1: none waits
    bool has_input() const { return serial_; }

    // --- for the debugger
    static constexpr kern::Line line{4};
    static constexpr char escape = 27;
    /// Has the serial line interrupt when a character comes.
    void listen();
    bool listens() const { return listens_; }
    /// A character, of those for programs too, while interrupts are off.
    int poll();
    enum class Received : std::uint8_t { nothing, text, escape };
    /// After that interrupt, until there is nothing: a character has come. Text waits for input().
    Received received();

private:
    bool put_serial(char c);
    void put_screen(char c);

    static int receive();

    bool serial_ = false, listens_ = false;
    bool returned_ = false;       ///< the carriage return before a line's end is out
    std::array<char, 64> kept_{}; ///< that received() has found
    std::uint32_t kept_first_ = 0, kept_count_ = 0;
    std::uint32_t row_ = 0, column_ = 0;
    std::uint32_t scrolled_ = 0; ///< rows that have moved up since the last one ended; 0: it scrolls not
};

} // namespace x86
