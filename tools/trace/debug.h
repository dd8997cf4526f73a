// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "tools/trace/arguments.h"

namespace trace {

/// The kernel debugger at a step of a trace, with commands from standard input; forth and back in time.
int debug(const Arguments& arguments);

} // namespace trace
