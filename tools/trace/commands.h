// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "tools/trace/arguments.h"

namespace trace {

/// Does what the command says; returns the exit status: 0 all is well, 1 something was found.
int run(const Arguments& arguments);

} // namespace trace
