// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/strong.h"

namespace kern {

/// The deadlines of one IPC, decoded from its timeout word and the flags in its partner id at the moment
/// `now` (docs/semantics.md 7.10).  A deadline of `now` or before means "zero": do not wait.
Micros send_deadline(std::uint32_t timeouts, std::uint32_t id_high, Micros now);
Micros receive_deadline(std::uint32_t timeouts, std::uint32_t id_high, Micros now);

/// Page-fault timeouts: relative to the fault.
Micros send_fault_deadline(std::uint32_t timeouts, Micros now);
Micros receive_fault_deadline(std::uint32_t timeouts, Micros now);

/// The time field of a scheduling parameter word and back (docs/semantics.md 3.5); `never` is infinite.
Micros decode_slice(std::uint32_t param);
std::uint32_t encode_slice(Micros slice);

} // namespace kern
