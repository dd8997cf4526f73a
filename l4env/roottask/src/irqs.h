// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace l4env::root {

/// The interrupt lines. In V2 a free line is anybody's who attaches to it: so the root task has a thread for
/// each line that holds it, and lets go when somebody is to have it.
class Irqs {
public:
    static constexpr std::uint32_t lines = 16;
    static constexpr std::uint32_t first_lthread = 16; ///< the thread of line 0

    // What a line's thread is asked by the root task's thread 0, and answers with an ipc error code.
    static constexpr std::uint32_t attach = 1, detach = 2;

    /// Every line that the kernel offers is held from now on. The threads must be there.
    void hold_all();
    bool held(std::uint32_t line) const { return (held_ >> line & 1) != 0; }
    /// False: it is not held.
    bool let_go(std::uint32_t line);
    /// False: somebody else has it.
    bool hold(std::uint32_t line);

private:
    std::uint32_t held_ = 0;
};

} // namespace l4env::root
