// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <compare>
#include <cstdint>

namespace kern {

/// A number that only mixes with itself.  Tag is any incomplete type; costs nothing.
template <class Tag, class Rep>
class Strong {
public:
    using rep = Rep;
    constexpr Strong() = default;
    explicit constexpr Strong(Rep raw) : raw_(raw) {}
    constexpr Rep raw() const { return raw_; }
    auto operator<=>(const Strong&) const = default;

private:
    Rep raw_{};
};

using VAddr = Strong<struct VAddrTag, std::uint32_t>;   ///< a user's virtual address
using PAddr = Strong<struct PAddrTag, std::uint32_t>;   ///< a physical address
using Prio = Strong<struct PrioTag, std::uint8_t>;      ///< 0 (lowest) .. 255
using TaskNo = Strong<struct TaskNoTag, std::uint16_t>; ///< 0 .. 2047
using Line = Strong<struct LineTag, std::uint8_t>;      ///< an interrupt line

/// A point on the machine's clock, or a span of it, in microseconds.
using Micros = Strong<struct MicrosTag, std::uint64_t>;
inline constexpr Micros never{~std::uint64_t{0}};

constexpr VAddr operator+(VAddr a, std::uint32_t n) { return VAddr{a.raw() + n}; }
constexpr PAddr operator+(PAddr a, std::uint32_t n) { return PAddr{a.raw() + n}; }
constexpr Micros operator+(Micros a, Micros b) { return Micros{a.raw() + b.raw()}; }
/// Not beyond `never`.
constexpr Micros later(Micros from, Micros by) {
    Micros::rep sum = 0;
    return __builtin_add_overflow(from.raw(), by.raw(), &sum) ? never : Micros{sum};
}
constexpr Micros operator-(Micros a, Micros b) { return Micros{a.raw() - b.raw()}; }

} // namespace kern
