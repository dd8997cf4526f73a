// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "sim/program.h"

namespace sim {

class User;

/// The first pager: gives out the machine's RAM (`frames` from 0 on) page by page, first come, first served,
/// by the protocol of l4/abi/sigma0.h, and answers page faults by the page with that number.
Program sigma0(User u, std::uint32_t frames);

/// Sends every message in registers back to where it came from.
Program echo(User u);

/// Sleeps for ever.
Program park(User u);

} // namespace sim
