// SPDX-License-Identifier: BSD-2-Clause
// ia32/decode.h: every form, and no byte beyond those given.
#include "ia32/decode.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace {

using ia32::Privileged;
using Kind = Privileged::Kind;
using Bytes = std::vector<std::uint8_t>;

/// Of a copy that ends where the bytes end, so that AddressSanitizer sees a look beyond.
Privileged decode(const Bytes& bytes) {
    const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    return ia32::decode({exact.get(), bytes.size()});
}

constexpr Privileged other{};
constexpr Privileged by_dx(std::uint8_t width) { return {.kind = Kind::port, .width = width, .in_dx = true}; }
constexpr Privileged at_port(std::uint8_t port, std::uint8_t width) {
    return {.kind = Kind::port, .width = width, .immediate = port};
}
const std::uint8_t harmless[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67, 0xf2, 0xf3};

TEST(Decode, PortsByImmediate) {
    EXPECT_EQ(decode({0xe4, 0x60}), at_port(0x60, 1));
    EXPECT_EQ(decode({0xe5, 0x61}), at_port(0x61, 4));
    EXPECT_EQ(decode({0x66, 0xe5, 0xff}), at_port(0xff, 2));
    EXPECT_EQ(decode({0xe6, 0x80}), at_port(0x80, 1));
    EXPECT_EQ(decode({0xe7, 0x00}), at_port(0, 4));
    EXPECT_EQ(decode({0x66, 0xe7, 0x01}), at_port(1, 2));
}

TEST(Decode, PortsByDx) {
    for (const std::uint8_t opcode : {0x6c, 0x6e, 0xec, 0xee}) {
        EXPECT_EQ(decode({opcode}), by_dx(1));
        EXPECT_EQ(decode({0x66, opcode}), by_dx(1));
        EXPECT_EQ(decode({0xf3, opcode}), by_dx(1));
    }
    for (const std::uint8_t opcode : {0x6d, 0x6f, 0xed, 0xef}) {
        EXPECT_EQ(decode({opcode}), by_dx(4));
        EXPECT_EQ(decode({0x66, opcode}), by_dx(2));
        EXPECT_EQ(decode({0xf2, 0x66, opcode}), by_dx(2));
        EXPECT_EQ(decode({0x66, 0xf3, opcode}), by_dx(2));
    }
}

TEST(Decode, PrefixesThatChangeNothing) {
    for (const std::uint8_t prefix : harmless) {
        EXPECT_EQ(decode({prefix, 0xe5, 0x70}), at_port(0x70, 4));
        EXPECT_EQ(decode({prefix, 0xfa}), Privileged{.kind = Kind::interrupt});
        EXPECT_EQ(decode({prefix}), other);
    }
    EXPECT_EQ(decode({0xf0, 0xec}), other); // lock: not an I/O fault
}

TEST(Decode, InterruptFlag) {
    EXPECT_EQ(decode({0xfa}), Privileged{.kind = Kind::interrupt});
    EXPECT_EQ(decode({0xfb}), Privileged{.kind = Kind::interrupt});
    EXPECT_EQ(decode({0xf4}), other); // hlt
}

TEST(Decode, TableRegisters) {
    EXPECT_EQ(decode({0x0f, 0x01, 0x18}), Privileged{.kind = Kind::lidt});
    EXPECT_EQ(decode({0x0f, 0x00, 0xd0}), Privileged{.kind = Kind::lldt});
    EXPECT_EQ(decode({0x66, 0x0f, 0x01, 0x18}), other);
    for (const std::uint8_t prefix : harmless) {
        EXPECT_EQ(decode({prefix, 0x0f, 0x01, 0x18}), other);
        EXPECT_EQ(decode({prefix, 0x0f, 0x00, 0xd0}), other);
    }
    for (unsigned modrm = 0; modrm < 256; ++modrm) {
        const auto byte = static_cast<std::uint8_t>(modrm);
        EXPECT_EQ(decode({0x0f, 0x01, byte}) == other, byte != 0x18);
        EXPECT_EQ(decode({0x0f, 0x00, byte}) == other, byte != 0xd0);
    }
}

TEST(Decode, InstructionsThatDoNotEndWithinTheBytes) {
    EXPECT_EQ(decode({}), other);
    EXPECT_EQ(decode({0x66}), other);
    EXPECT_EQ(decode({0xe4}), other);
    EXPECT_EQ(decode({0x66, 0xe7}), other);
    EXPECT_EQ(decode({0x0f}), other);
    EXPECT_EQ(decode({0x0f, 0x01}), other);
    EXPECT_EQ(decode({0x0f, 0x00}), other);
    EXPECT_EQ(decode(Bytes(15, 0xf3)), other);
    EXPECT_EQ(decode(Bytes(40, 0x66)), other);
}

TEST(Decode, AtMostFifteenBytes) {
    const auto prefixed = [](std::size_t n, const Bytes& rest) {
        Bytes bytes(n, 0x2e);
        bytes.insert(bytes.end(), rest.begin(), rest.end());
        return decode(bytes);
    };
    EXPECT_EQ(prefixed(14, {0xec}), by_dx(1));
    EXPECT_EQ(prefixed(15, {0xec}), other);
    EXPECT_EQ(prefixed(13, {0xe4, 0x20}), at_port(0x20, 1));
    EXPECT_EQ(prefixed(14, {0xe4, 0x20}), other);
}

TEST(Decode, EveryOtherOpcodeIsAnExceptionLikeAnyOther) {
    const Bytes known{0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xfa, 0xfb};
    for (unsigned opcode = 0; opcode < 256; ++opcode) {
        const auto byte = static_cast<std::uint8_t>(opcode);
        const bool is_known = std::find(known.begin(), known.end(), byte) != known.end();
        EXPECT_EQ(decode({byte, 0x00}).kind == Kind::other, !is_known) << opcode;
    }
}

} // namespace
