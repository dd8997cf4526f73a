// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "arch/machine.h"
#include "kern/timeout_queue.h"

namespace kern {

/// Does nothing to a timeout that is not armed.  Among many it takes long: before and behind it interrupts
/// may come then, which are served when the entry ends.
void disarm(TimeoutQueue& timeouts, Timeout& t, arch::Machine& machine);

} // namespace kern
