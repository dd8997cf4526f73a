// SPDX-License-Identifier: BSD-2-Clause
#include "x86/console.h"

#include <algorithm>
#include <cstring>

#include "x86/digits.h"
#include "x86/io.h"
#include "x86/layout.h"

namespace x86 {
namespace {

constexpr std::uint16_t com1 = 0x3f8;
constexpr std::uint16_t com1_divisor = com1, com1_interrupts = com1 + 1, com1_fifo = com1 + 2,
                        com1_line = com1 + 3, com1_modem = com1 + 4, com1_status = com1 + 5;
constexpr std::uint8_t status_received = 0x01, status_sent = 0x20;

constexpr std::uint32_t rows = 25, columns = 80;
constexpr std::uint16_t blank = 0x0720; // light grey on black

std::uint16_t* screen() { return at_physical<std::uint16_t>(0xb8000); }

} // namespace

void Console::init() {
    out8(com1_interrupts, 0);
    out8(com1_line, 0x80);
    out8(com1_divisor, 1); // 115200
    out8(com1_divisor + 1, 0);
    out8(com1_line, 0x03);
    out8(com1_fifo, 0x07);
    out8(com1_modem, 0x0b);
    serial_ = in8(com1_status) != 0xff; // nobody drives the bus
    std::fill_n(screen(), rows * columns, blank);
    row_ = column_ = 0;
}

bool Console::put_if_ready(char c) {
    if (scrolls()) {
        scroll();
        return false;
    }
    if (c == '\n' && !returned_) {
        returned_ = put_serial('\r');
        if (serial_) return false;
    }
    if (!put_serial(c)) return false;
    returned_ = false;
    put_screen(c);
    return true;
}

/// False: not now.
bool Console::put_serial(char c) {
    if (!serial_) return true;
    if ((in8(com1_status) & status_sent) == 0) return false;
    out8(com1, static_cast<std::uint8_t>(c));
    return true;
}

void Console::put_screen(char c) {
    if (c == '\r') {
        column_ = 0;
        return;
    }
    if (c != '\n') {
        screen()[row_ * columns + column_] =
            static_cast<std::uint16_t>((blank & 0xff00) | static_cast<std::uint8_t>(c));
        if (++column_ < columns) return;
    }
    column_ = 0;
    if (row_ + 1 < rows)
        ++row_;
    else
        scroll();
}

void Console::scroll() {
    constexpr std::uint32_t at_once = 8, kept = rows - 1;
    static_assert(kept % at_once == 0);
    std::uint16_t* const target = screen() + scrolled_ * columns;
    std::memmove(target, target + columns, at_once * columns * sizeof *target);
    if (scrolled_ + at_once < kept) {
        scrolled_ += at_once;
        return;
    }
    std::fill_n(screen() + kept * columns, columns, blank); // amid which an NMI may print, and scroll
    scrolled_ = 0;
}

void Console::hex(std::uint32_t value, unsigned digits) { put_hex(*this, value, digits); }

void Console::decimal(std::uint32_t value) { put_decimal(*this, value); }

int Console::input() {
    if (kept_count_ == 0) return serial_ && !listens_ ? receive() : -1;
    --kept_count_;
    return kept_[kept_first_++ % kept_.size()];
}

int Console::poll() {
    const int kept = input();
    return kept >= 0 || !listens_ ? kept : receive();
}

int Console::receive() { return (in8(com1_status) & status_received) != 0 ? in8(com1) : -1; }

void Console::listen() {
    listens_ = serial_;
    if (listens_) out8(com1_interrupts, 1);
}

Console::Received Console::received() {
    const int c = receive();
    if (c < 0) return Received::nothing;
    if (c == escape) return Received::escape;
    if (kept_count_ < kept_.size())
        kept_[(kept_first_ + kept_count_++) % kept_.size()] = static_cast<char>(c);
    return Received::text;
}

} // namespace x86
