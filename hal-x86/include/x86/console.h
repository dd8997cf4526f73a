// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

/// The first serial line (115200 8n1), if there is one, and the VGA text screen.
///
/// Works before and after paging is on: both through the direct range.  Waits for the serial line.
class Console {
public:
    constexpr Console() = default;
    void init();
    void put(char c);
    void put(const char* text) {
        while (*text) put(*text++);
    }
    void hex(std::uint32_t value, unsigned digits = 8);
    void decimal(std::uint32_t value);
    int input(); ///< a character from the serial line, -1: none waits

private:
    void put_serial(char c);
    void put_screen(char c);
    void scroll();

    bool serial_ = false;
    std::uint32_t row_ = 0, column_ = 0;
};

} // namespace x86
