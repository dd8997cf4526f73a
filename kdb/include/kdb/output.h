// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/ids.h"

namespace kdb {

struct Hex {
    std::uint32_t value;
    unsigned digits = 1; ///< at least
};
struct Dec {
    std::uint64_t value;
};
/// Blanks up to this column, and one at least.
struct Column {
    unsigned at;
};

/// Where text goes, character by character: a serial line, a string.
class Output {
public:
    using Put = void (*)(void* to, char c);
    Output(Put put, void* to) : put_(put), to_(to) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    Output& operator<<(char c);
    Output& operator<<(const char* text);
    Output& operator<<(Hex number);
    Output& operator<<(Dec number);
    Output& operator<<(Column column);
    Output& operator<<(kern::ThreadId id);  ///< task and thread as in docs/traces.md: 5.0
    Output& operator<<(l4_threadid_t id);   ///< the same; `nil`, `-` for invalid, `irq 4`
    Output& operator<<(kern::Micros point); ///< decimal; `-` for never

private:
    Put put_;
    void* to_;
    unsigned column_ = 0;
};

} // namespace kdb
