// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "kern/ids.h"

namespace kdb {

/// A line, word by word.
class Words {
public:
    explicit Words(const char* line) : at_(line) { skip(); }
    bool empty() const { return *at_ == 0; }
    /// Takes the next word if it is this one.
    bool take(const char* word);
    /// A hexadecimal number of 32 bits; none: there is no such word.
    std::optional<std::uint32_t> number(std::uint32_t base = 16);
    std::uint32_t number_or(std::uint32_t otherwise) { return number().value_or(otherwise); }
    /// A decimal one.
    std::optional<std::uint32_t> task() { return number(10); }
    /// TASK.THREAD in decimal.
    std::optional<kern::ThreadId> thread();

private:
    void skip() {
        while (*at_ == ' ') ++at_;
    }
    /// False: there are none, or they do not fit.
    bool digits(std::uint32_t& value, std::uint32_t base);

    const char* at_;
};

} // namespace kdb
