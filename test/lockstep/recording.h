// SPDX-License-Identifier: BSD-2-Clause
// Recordings as text: a line `mode M seed S`, then one action a line; `#` begins a comment.  A recording says
// what happens without the generator, so it means the same for ever.
#pragma once
#include <functional>
#include <string>

#include "test/lockstep/run.h"

namespace test {

Recording read_recording(
    const std::string& path); ///< throws std::runtime_error that says what is wrong where
void write_recording(const std::string& path, const Recording& recording, const std::string& comment);

/// Leaves out whatever it can while `fails` stays true.
Recording shrink(Recording recording, const std::function<bool(const Recording&)>& fails);

/// Does it fail, by a difference or by ending the process?  Runs it in a process of its own.
bool fails_in_child(const Recording& recording);

} // namespace test
