// SPDX-License-Identifier: BSD-2-Clause
// Who finds the bug is told of the tool whose kernel has it.
#include "test/lockstep/flight_recorder.h"

namespace test {

const char trace_tool[] = "//tools/trace:buggy_trace";

} // namespace test
