// SPDX-License-Identifier: BSD-2-Clause
// Times as words (semantics 3.5, 7.10).
#pragma once

#include "spec/thread.h"

namespace spec {

/// Of phases that start now.
Deadline send_deadline(const IpcCall&, Time now);
Deadline receive_deadline(const IpcCall&, Time now);
/// Of a page fault in a transfer; `exp` is the field of the timeout word.
Deadline fault_deadline(Word exp, Time now);

/// A time slice at its place in thread_schedule's parameter word, and back; 0 is infinite.
Word encode_slice(Time slice);
Time decode_slice(Word param);

} // namespace spec
