// SPDX-License-Identifier: BSD-2-Clause
// What the kernel asks of its toolchain, in one small object.
#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

static_assert(sizeof(void*) == 4 && sizeof(long) == 4, "the kernel's machine is 32 bits wide");

#ifdef __cpp_exceptions
#error exceptions are on
#endif
#ifdef __cpp_rtti
#error run-time type information is on
#endif
#if __STDC_HOSTED__
#error this is a hosted environment
#endif
#ifdef __SSE__
#error the compiler may use SSE registers
#endif

namespace {

struct Pair {
    std::uint32_t low, high;
    auto operator<=>(const Pair&) const = default;
};

constexpr std::array<const char*, 2> names = {"constant", "tables"};

} // namespace

/// Reads a constant table of pointers: its addresses are fixed by the linker, so it stays in .rodata.
const char* name_of(std::span<const std::uint32_t> words) {
    const std::uint32_t set_bits = words.empty() ? 0 : static_cast<std::uint32_t>(std::popcount(words[0]));
    return names[std::min<std::uint32_t>(set_bits, 1)];
}

std::optional<std::uint32_t> larger(std::uint64_t a, std::uint64_t b) {
    const Pair x{static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32)};
    const Pair y{static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)};
    return x < y ? std::nullopt : std::optional(x.low);
}
