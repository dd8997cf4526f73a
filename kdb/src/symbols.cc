// SPDX-License-Identifier: BSD-2-Clause
#include "kdb/symbols.h"

#include <cstring>

namespace kdb {

std::uint32_t Symbols::word(std::size_t at) const {
    std::uint32_t value = 0;
    if (at + sizeof value <= table_.size()) std::memcpy(&value, table_.data() + at, sizeof value);
    return value;
}

std::uint32_t Symbols::count() const {
    const std::uint32_t n = word(0) == magic ? word(4) : 0;
    return n <= table_.size() / entry && first + n * entry <= table_.size() ? n : 0;
}

Symbols::Found Symbols::find(std::uint32_t address) const {
    std::uint32_t low = 0, high = count(); // entries before `low` begin at `address` or before
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (word(first + middle * entry) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return {};
    const std::size_t at = first + (low - 1) * entry;
    const std::uint32_t name = word(at + 4);
    if (name >= table_.size()) return {};
    return {reinterpret_cast<const char*>(table_.data()) + name, word(at)};
}

} // namespace kdb
