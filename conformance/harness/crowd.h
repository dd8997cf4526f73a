// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A thousand threads.
#include "conformance/harness/actor.h"

namespace conformance::crowd {

inline constexpr Word most = 1100, per_task = 100, task_of_first = 30;

constexpr Id id(Word i) { return l4_threadid(task_of_first + i / per_task, 1 + i % per_task); }
/// Threads 0 to count - 1 run `body`, each with its number, and sleep when it ends. All exist before any of
/// the same task runs; tasks of higher numbers are there first.
void start(Word count, void (*body)(Word), Word quota = 0);
Word state(Word i);

} // namespace conformance::crowd
