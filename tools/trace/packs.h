// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "tools/trace/arguments.h"

namespace trace {

// Commands about packs, the form in which traces go to the PC (docs/pc.md).  They return the exit status.
int pack(const Arguments& arguments);
int unpack(const Arguments& arguments);
int state(const Arguments& arguments);

} // namespace trace
