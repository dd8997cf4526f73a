// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kdb/output.h"
#include "kdb/view.h"

namespace kdb {

/// The commands of docs/debugger.md over a view of a kernel: the same in the simulator, on a serial line, and
/// on a trace that is replayed.  No state, nothing to allocate, a stack of two KiB.
///
/// False: the user wants to go on (`go`).
bool execute(const View& view, Output& out, const char* line);

/// The callers of the place where the debugger was entered, with names.  Of the words on the stack, those
/// that can be return addresses; `?`: the call there is not to the function found below it, so it may be left
/// over.
void put_backtrace(const Code& code, Output& out);
/// The last events, oldest first.
void put_ring(const Ring& ring, Output& out, std::uint32_t most);

} // namespace kdb
