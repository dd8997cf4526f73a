// SPDX-License-Identifier: BSD-2-Clause
// A file of its own: //fuzz:bug defines it a second time.
#include "test/lockstep/flight_recorder.h"

namespace test {

const char trace_tool[] = "//tools/trace";

} // namespace test
