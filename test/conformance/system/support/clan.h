// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "test/conformance/system/support/stage.h"

namespace conformance::system {

/// Trees of tasks on a stage: whose thread 0 is an actor and creates the tasks below it.
class Clan {
public:
    explicit Clan(Stage& stage) : stage_(stage) {}

    /// Root gives `number` to `chief`.
    sim::Routine<sim::TaskNewResult> hand_over(User u, std::uint16_t number, std::uint16_t chief) {
        co_return co_await u(
            sim::TaskNew{.task = l4_threadid(number, 0), .mcp_or_chief = l4_threadid(chief, 0).low});
    }
    /// A new actor.
    sim::TaskNew creation(std::uint16_t number, std::uint32_t quota = 0) const {
        return {.task = l4_threadid(number, 0),
                .mcp_or_chief = l4_task_new_create(255, quota),
                .eip = stage_.actor().eip,
                .pager = root};
    }
    /// The director gives `number` to `chief` and has its thread 0 create that task.
    sim::Routine<sim::TaskNewResult> make_below(User u, std::uint16_t chief, std::uint16_t number,
                                                std::uint32_t quota = 0) {
        const sim::TaskNewResult given = co_await hand_over(u, number, chief);
        if (!given.ok()) co_return given;
        co_return co_await stage_.call(u, l4_threadid(chief, 0), creation(number, quota));
    }

private:
    Stage& stage_;
};

} // namespace conformance::system
