// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/abi/limits.h"
#include "l4/abi/types.h"
#include "test/support/checked_world.h"

namespace conformance {

/// What a scenario runs in: compared with the specification after each event.
using World = test::CheckedWorld;
/// For scenarios in which that takes too long.
using UncheckedWorld = sim::World;

using kern::Line;
using kern::Micros;
using sim::Program;
using sim::User;

/// Tasks of a scenario, all made by root.
inline constexpr l4_threadid_t root = l4_threadid(L4_TASK_ROOT, 0), sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);
inline constexpr l4_threadid_t a = l4_threadid(5, 0), b = l4_threadid(6, 0), c = l4_threadid(7, 0),
                               d = l4_threadid(8, 0), e = l4_threadid(9, 0);

/// An id as one number, to be compared and printed.
constexpr std::uint64_t bits(l4_threadid_t id) { return std::uint64_t{id.high} << 32 | id.low; }

/// An id as the kernel reports it.
constexpr l4_threadid_t reported(std::uint32_t task, std::uint32_t lthread, std::uint32_t chief,
                                 std::uint32_t nest = 0) {
    return {l4_threadid(task, lthread).low, chief << L4_ID_CHIEF_SHIFT | nest << L4_ID_NEST_SHIFT};
}

/// Waits until all others of its priority and above have blocked.
inline auto settle(User u) { return u.sleep(sim::receive_timeout(Micros{1})); }

} // namespace conformance
