// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "l4/abi/limits.h"
#include "l4/abi/types.h"
#include "sim/text.h"

namespace sim {

/// A thread to be started by the root server.
struct Spawn {
    std::uint16_t task = 0; ///< 4: another thread of root itself
    std::uint8_t lthread = 0;
    Entry program{};
    std::optional<std::uint8_t> prio{}; ///< root's own unless given
    std::uint8_t mcp = 255;             ///< lthread 0
    std::uint32_t quota = 0;            ///< lthread 0: frames set aside for the task
    std::uint32_t esp = 0;
    l4_threadid_t pager = l4_threadid(L4_TASK_ROOT, 0);
};

} // namespace sim
