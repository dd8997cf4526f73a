// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace kdb {

/// Names of functions, as build/put_symbols.py packs them: `symbols_magic`, their number, for each its
/// address and where its name begins in the table, ascending by address; then the names, each ended by a
/// zero.
class Symbols {
public:
    static constexpr std::uint32_t magic = 0x736d7973; ///< "syms"
    static constexpr std::uint32_t first = 8, entry = 8;

    constexpr Symbols() = default;
    explicit constexpr Symbols(std::span<const std::byte> table) : table_(table) {}

    struct Found {
        const char* name = nullptr; ///< nullptr: below all of them
        std::uint32_t start = 0;
    };
    /// The last one that begins at `address` or before it.
    Found find(std::uint32_t address) const;
    std::uint32_t count() const;

private:
    std::uint32_t word(std::size_t at) const;

    std::span<const std::byte> table_;
};

} // namespace kdb
