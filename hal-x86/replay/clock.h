// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/strong.h"

namespace replay {

/// The time of the machine: it goes on when the trace says so.
extern kern::Micros clock;

} // namespace replay
