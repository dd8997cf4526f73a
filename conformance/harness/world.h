// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Between the parts of the harness.
#include "conformance/harness/actor.h"

namespace conformance::world {

/// The actor with that id, or none.
Actor* find(Id id);
/// All tasks are deleted, root's other threads are parked.
void end_of_actors();
/// The row cannot be shown as it is written.
void fail(const char* what, Word value);

} // namespace conformance::world
