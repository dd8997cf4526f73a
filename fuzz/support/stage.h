// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "fuzz/support/session.h"

namespace fuzz {

/// Sets up, by real system calls, what inputs then play with.  Root has two threads and memory from sigma0, and
/// waits for anybody; task 5 has two threads and shares root's account; task 6 has one and 12 frames of its own.
/// Root is their pager and has given each task a page at 0x1000; 4.1 waits for interrupt 3.  5.0 runs.
void set_up_stage(Session& session);

} // namespace fuzz
