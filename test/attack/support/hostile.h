// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <random>
#include <vector>

#include "test/attack/support/world.h"

namespace attack {

/// A task that has the kernel make everything it can make, until its quota is gone, lets some of it go, and
/// begins again.  Spends on threads, tasks with and without accounts of their own, page tables, mapping
/// nodes, 4 MiB pages with fan-outs, I/O bitmaps.
class Hostile {
public:
    static constexpr std::uint16_t first_task = 30, last_task = 44; ///< numbers that it owns
    explicit Hostile(std::uint64_t seed) : dice_(seed) {}

    Program run(User u);            ///< thread 0
    std::uint32_t least_free = ~0u; ///< frames, ever
    unsigned refusals[6] = {};      ///< by the kernel, of each kind of thing

private:
    sim::Routine<int> spend(User u);
    sim::Routine<bool> more(User u, Word kind);
    sim::Routine<bool> threads(User u);
    sim::Routine<bool> tasks(User u);
    sim::Routine<bool> tables(User u);
    sim::Routine<bool> nodes(User u);
    sim::Routine<bool> fan_outs(User u);
    sim::Routine<bool> ports(User u);
    sim::Routine<bool> map_to_self(User u, Word fpage, Word base);
    Word below(Word n) { return static_cast<Word>(dice_() % n); }

    std::mt19937_64 dice_;
    Word next_ = 0;
    sim::Entry parked_; ///< where what it makes stands, so that it costs no time
};

} // namespace attack
