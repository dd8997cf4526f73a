// SPDX-License-Identifier: BSD-2-Clause
#include "x86/kdebug.h"

#include <algorithm>
#include <array>

#include "arch/machine.h"
#include "l4/abi/exception.h"
#include "l4/abi/kdebug.h"

namespace x86 {
namespace {

constexpr std::uint32_t int3_length = 1;
constexpr std::uint32_t longest = 4096; ///< of a text: interrupts are off

std::uint8_t byte_at(arch::Machine& machine, std::uint32_t at) {
    std::byte b{};
    return machine.read_user(at, std::span(&b, 1)) == 1 ? static_cast<std::uint8_t>(b) : std::uint8_t{0};
}

/// At most `size` characters; ends where memory does or, if asked for, at a zero.
void put_text(arch::Machine& machine, std::uint32_t at, std::uint32_t size, bool until_zero) {
    for (size = std::min(size, longest); size != 0; --size, ++at) {
        std::byte b;
        if (machine.read_user(at, std::span(&b, 1)) == 0) return;
        if (until_zero && b == std::byte{0}) return;
        machine.put_char(static_cast<char>(b));
    }
}

void put_decimal(Console& console, std::uint32_t value) {
    const bool negative = static_cast<std::int32_t>(value) < 0;
    if (negative) console.put('-');
    console.decimal(negative ? 0 - value : value);
}

/// Until there is a character the program stays at its int3, and others run.
void input(Console& console, arch::Frame& frame) {
    const int c = console.input();
    if (c >= 0)
        frame.eax = static_cast<std::uint32_t>(c);
    else
        frame.eip -= int3_length;
}

void command(arch::Machine& machine, arch::Frame& frame, std::uint8_t number) {
    Console& console = machine.console();
    switch (number) {
        case L4_KD_OUTCHAR: return console.put(static_cast<char>(frame.eax));
        case L4_KD_OUTNSTRING: return put_text(machine, frame.eax, frame.ebx, false);
        case L4_KD_OUTSTRING: return put_text(machine, frame.eax, longest, true);
        case L4_KD_OUTHEX32: return console.hex(frame.eax, 8);
        case L4_KD_OUTHEX20: return console.hex(frame.eax, 5);
        case L4_KD_OUTHEX16: return console.hex(frame.eax, 4);
        case L4_KD_OUTHEX12: return console.hex(frame.eax, 3);
        case L4_KD_OUTHEX8: return console.hex(frame.eax, 2);
        case L4_KD_OUTDEC: return put_decimal(console, frame.eax);
        case L4_KD_INCHAR: return input(console, frame);
        default:
            if (number >= L4_KD_CHAR_MIN) console.put(static_cast<char>(number));
    }
}

} // namespace

bool kdebug(arch::Machine& machine, arch::Frame& frame, std::uint32_t vector) {
    if (vector != L4_TRAP_BREAKPOINT) return false;
    const std::uint32_t at = frame.eip;
    const std::uint8_t first = byte_at(machine, at), second = byte_at(machine, at + 1);
    if (first == L4_KD_COMMAND) {
        command(machine, frame, second);
    } else if (first == L4_KD_ENTER) {
        machine.console().put("\n--- ");
        put_text(machine, at + 2, second, false);
        machine.console().put(" ---\n");
        enter_debugger("a program asks for it");
    } else if (first == L4_KD_DISPLAY && second == L4_KD_ENTER) {
        put_text(machine, at + 3, byte_at(machine, at + 2), false);
    } else {
        return false;
    }
    return true;
}

} // namespace x86
