// SPDX-License-Identifier: BSD-2-Clause
#include "x86/kdebug.h"

#include <algorithm>
#include <array>

#include "arch/machine.h"
#include "l4/abi/exception.h"
#include "l4/abi/kdebug.h"
#include "x86/digits.h"

namespace x86 {
namespace {

constexpr std::uint32_t longest = 4096; ///< of a text

std::uint8_t byte_at(arch::Machine& machine, std::uint32_t at) {
    std::byte b{};
    return machine.read_user(at, std::span(&b, 1)) == 1 ? static_cast<std::uint8_t>(b) : std::uint8_t{0};
}

/// The program is to execute its int3 again: cc, or cd 03.
void repeat(arch::Machine& machine, arch::Frame& frame) {
    constexpr std::uint8_t one_byte = 0xcc;
    frame.eip -= byte_at(machine, frame.eip - 1) == one_byte ? 1u : 2u;
}

/// Ends where memory does or, if asked for, at a zero.
void hold_chunk(arch::Machine& machine, kern::TextJob& job) {
    const std::span<char> room = machine.text().room().first(std::min(job.left, Text::chunk));
    const std::span<char> there = room.first(machine.read_user(job.at.raw(), std::as_writable_bytes(room)));
    const auto end = job.until_zero ? std::find(there.begin(), there.end(), 0) : there.end();
    const auto size = static_cast<std::uint32_t>(end - there.begin());
    machine.text().hold(size);
    job.at = job.at + size;
    job.left = size == room.size() ? job.left - size : 0;
}

void put_signed(Text& text, std::uint32_t value) {
    const bool negative = static_cast<std::int32_t>(value) < 0;
    if (negative) text.put('-');
    put_decimal(text, negative ? 0 - value : value);
}

/// Until there is a character the program stays at its int3, and others run.
void input(arch::Machine& machine, arch::Frame& frame) {
    const int c = machine.console().input();
    if (c >= 0)
        frame.eax = static_cast<std::uint32_t>(c);
    else
        repeat(machine, frame);
}

/// Of the commands that have one.
kern::TextJob text_of(const arch::Frame& frame, std::uint8_t number) {
    switch (number) {
        case L4_KD_OUTNSTRING: return {kern::VAddr{frame.eax}, std::min(frame.ebx, longest)};
        case L4_KD_OUTSTRING: return {kern::VAddr{frame.eax}, longest, true};
        default: return {};
    }
}

void command(arch::Machine& machine, arch::Frame& frame, std::uint8_t number) {
    Text& text = machine.text();
    switch (number) {
        case L4_KD_OUTCHAR: return text.put(static_cast<char>(frame.eax));
        case L4_KD_OUTHEX32: return put_hex(text, frame.eax, 8);
        case L4_KD_OUTHEX20: return put_hex(text, frame.eax, 5);
        case L4_KD_OUTHEX16: return put_hex(text, frame.eax, 4);
        case L4_KD_OUTHEX12: return put_hex(text, frame.eax, 3);
        case L4_KD_OUTHEX8: return put_hex(text, frame.eax, 2);
        case L4_KD_OUTDEC: return put_signed(text, frame.eax);
        case L4_KD_INCHAR: return input(machine, frame);
        default:
            if (number >= L4_KD_CHAR_MIN) text.put(static_cast<char>(number));
    }
}

void enter(arch::Machine& machine, std::uint32_t at, std::uint8_t size) {
    Text& text = machine.text();
    text.put("\n--- ");
    const std::span<char> room = text.room().first(size);
    text.hold(static_cast<std::uint32_t>(machine.read_user(at, std::as_writable_bytes(room))));
    text.put(" ---\n");
    enter_debugger("a program asks for it");
}

} // namespace

std::optional<kern::TextJob> kdebug(arch::Machine& machine, arch::Frame& frame, std::uint32_t vector) {
    if (vector != L4_TRAP_BREAKPOINT) return std::nullopt;
    if (machine.text().pending()) { // another's, which is put first
        repeat(machine, frame);
        return kern::TextJob{};
    }
    const std::uint32_t at = frame.eip;
    const std::uint8_t first = byte_at(machine, at), second = byte_at(machine, at + 1);
    if (first == L4_KD_COMMAND) {
        command(machine, frame, second);
        return text_of(frame, second);
    }
    if (first == L4_KD_ENTER) {
        enter(machine, at + 2, second);
        return kern::TextJob{};
    }
    if (first == L4_KD_DISPLAY && second == L4_KD_ENTER)
        return kern::TextJob{kern::VAddr{at + 3}, byte_at(machine, at + 2)};
    return std::nullopt;
}

bool print(arch::Machine& machine, kern::TextJob& job) {
    if (!machine.text().put_next(machine.console()) && job.left != 0) hold_chunk(machine, job);
    return machine.text().pending() || machine.console().scrolls() || job.left != 0;
}

} // namespace x86
