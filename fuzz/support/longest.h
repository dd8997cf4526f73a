// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "test/support/lockstep.h"

namespace fuzz {

/// How many basic blocks the kernel went through at most for one event of each kind: when it is destroyed
/// libFuzzer is told, to which more of them are something new.  Without libFuzzer it does nothing.
///
/// The unit is near enough to instructions for a search, and says nothing about them.
class Longest final : public test::Stopwatch {
public:
    Longest() = default;
    Longest(const Longest&) = delete;
    Longest& operator=(const Longest&) = delete;
    ~Longest();
    void begins() override;
    void ends(const kern::Event& event) override;

private:
    std::vector<std::uint8_t> before_;            ///< libFuzzer's counters of blocks
    std::map<std::uint32_t, std::uint32_t> most_; ///< by kind of event
};

} // namespace fuzz
