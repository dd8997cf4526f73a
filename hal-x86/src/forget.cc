// SPDX-License-Identifier: BSD-2-Clause
// A file of its own, because a machine that replays traces has another (replay/seams.cc).
#include "arch/machine.h"

namespace arch {

void Machine::forget(kern::Line line) { pic_.forget(line); }

} // namespace arch
