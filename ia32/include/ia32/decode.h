// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace ia32 {

/// An instruction of a user program that raised a general-protection fault, as far as the kernel does
/// something about it: what a hardware layer needs to tell an I/O fault, an emulated instruction and an
/// ordinary exception apart.
struct Privileged {
    enum class Kind : std::uint8_t {
        other,     ///< an exception like any other
        port,      ///< in, out, ins, outs, of `width` bytes
        interrupt, ///< cli, sti
        lidt,      ///< lidt (%eax)
        lldt,      ///< lldt %ax
    };
    Kind kind = Kind::other;
    std::uint8_t width = 0;     ///< port: 1, 2, 4
    bool in_dx = false;         ///< port: its number is in DX, not in the instruction
    std::uint8_t immediate = 0; ///< port: its number, if not
    bool operator==(const Privileged&) const = default;
};

inline constexpr std::size_t instruction_max = 15; ///< bytes; the processor refuses longer ones

namespace detail {

/// Prefixes that do not change which port is meant: operand size, repeat, segments, address size.
constexpr bool is_prefix(std::uint8_t byte) {
    switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x66:
        case 0x67:
        case 0xf2:
        case 0xf3: return true;
        default: return false;
    }
}

/// One byte of opcode, with the byte after it if there is one.
constexpr Privileged decode_short(std::uint8_t opcode, std::span<const std::uint8_t> rest, bool small) {
    using Kind = Privileged::Kind;
    const std::uint8_t wide = small ? 2 : 4;
    const auto width = static_cast<std::uint8_t>((opcode & 1) != 0 ? wide : 1);
    switch (opcode) {
        case 0x6c: // ins
        case 0x6d:
        case 0x6e: // outs
        case 0x6f:
        case 0xec: // in, out by DX
        case 0xed:
        case 0xee:
        case 0xef: return {.kind = Kind::port, .width = width, .in_dx = true};
        case 0xe4: // in, out by an immediate
        case 0xe5:
        case 0xe6:
        case 0xe7:
            if (rest.empty()) return {};
            return {.kind = Kind::port, .width = width, .immediate = rest[0]};
        case 0xfa:
        case 0xfb: return {.kind = Kind::interrupt};
        default: return {};
    }
}

} // namespace detail

/// Decodes the instruction at the start of `bytes`, in a 32-bit code segment.  Looks at no byte beyond them:
/// an instruction that does not end within them, or within 15 bytes, is `other`.  So are lidt and lldt with
/// prefixes, for the kernel takes them to be three bytes long.
constexpr Privileged decode(std::span<const std::uint8_t> bytes) {
    using Kind = Privileged::Kind;
    bytes = bytes.first(bytes.size() < instruction_max ? bytes.size() : instruction_max);
    if (bytes.size() >= 3 && bytes[0] == 0x0f) {
        if (bytes[1] == 0x01 && bytes[2] == 0x18) return {.kind = Kind::lidt};
        if (bytes[1] == 0x00 && bytes[2] == 0xd0) return {.kind = Kind::lldt};
    }
    std::size_t at = 0;
    bool small = false;
    for (; at < bytes.size() && detail::is_prefix(bytes[at]); ++at) small |= bytes[at] == 0x66;
    return at == bytes.size() ? Privileged{} : detail::decode_short(bytes[at], bytes.subspan(at + 1), small);
}

} // namespace ia32
