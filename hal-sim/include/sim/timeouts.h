// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"
#include "l4/abi/timeout.h"

namespace sim {

/// Fields of the timeout word, to be or'ed.  Spans that the format can not express are rounded up.
std::uint32_t send_timeout(kern::Micros span);
std::uint32_t receive_timeout(kern::Micros span);

/// An absolute timeout: its field of the timeout word, and its flags for the high word of the partner's id.
struct AbsoluteTimeout {
    std::uint32_t word = 0, id_flags = 0;
};

/// `exp` 1..15 gives the unit of 4^(15-exp) us (to which the deadline is rounded down), and the range of 256
/// of them.
AbsoluteTimeout send_until(kern::Micros deadline, unsigned exp);
AbsoluteTimeout receive_until(kern::Micros deadline, unsigned exp);

} // namespace sim
