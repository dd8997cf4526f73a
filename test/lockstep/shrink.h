// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <functional>

#include "test/lockstep/recording.h"

namespace test {

/// Leaves out whatever it can, and makes numbers 0, while `fails` stays true.  The result has no results.
Recording shrink(Recording recording, const std::function<bool(const Recording&)>& fails);

/// Does it fail, by a difference or by ending the process?  Runs it in a process of its own.
bool fails_in_child(const Recording& recording);

} // namespace test
