// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "sim/program.h"

namespace sim {

class User;

/// What a program is made from; called once for each thread that starts at its entry.
using Body = std::function<Program(User)>;

/// The address of a program: any thread of any task that gets there runs it.
struct Entry {
    std::uint32_t eip = 0;
};

/// All programs of a World.  Not in simulated memory: fetching their instructions needs no mapping.  Each has
/// a window of addresses: the entry, then one address per instruction executed, starting again behind the
/// entry at its end.
class Text {
public:
    static constexpr std::uint32_t base = 0xa0000000, window = 0x1000, last = 0xb0000000;

    Entry add(Body body);
    /// In whose window it lies; 0: in none's.
    static constexpr std::uint32_t window_of(std::uint32_t eip) {
        return eip >= base && eip < last ? eip / window : 0;
    }
    /// The program whose entry is `eip`, or nullptr.
    const Body* at(std::uint32_t eip) const {
        if (eip < base || eip % window != 0 || (eip - base) / window >= bodies_.size()) return nullptr;
        return &bodies_[(eip - base) / window];
    }

private:
    std::deque<Body> bodies_; ///< a deque: closures must not move while coroutines refer to them
};

} // namespace sim
