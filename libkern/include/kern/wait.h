// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/ids.h"

namespace kern {

class Thread;

/// Why a thread is not ready.  This *is* the continuation: no kernel stack is kept while a thread waits, so
/// all that is needed to go on is here, in its Fault, its Transfer, and its trap frame.
struct Wait {
    enum class For : std::uint8_t {
        nothing,     ///< ready
        send,        ///< queued at `with`
        receive,     ///< closed: a message from `peer`
        receive_any, ///< open
        interrupt,   ///< closed: the line that it has attached
        sleep,       ///< closed receive from nil
        transfer,    ///< receiver of a transfer that `with` drives
        fault_of,    ///< driver of a transfer whose receiver `with` waits for a page
        dead,        ///< never started, or killed by a fault
    };
    For what = For::dead;
    ThreadId peer{};        ///< receive: an id, for the partner may be deleted meanwhile
    Thread* with = nullptr; ///< send, transfer, fault_of: exists as long as the wait
    bool operator==(const Wait&) const = default;
};

/// A page fault that the thread's pager is to resolve.  While it lasts, the thread's wait is that of the
/// page-fault message, not that of its own IPC.
struct Fault {
    enum class Kind : std::uint8_t { none, user, transfer };
    Kind kind = Kind::none;
    l4_threadid_t pager{};        ///< as it was when the fault happened
    std::uint32_t w0 = 0, w1 = 0; ///< the message (docs/semantics.md 9.11, 7.7)
    Thread* driver = nullptr;     ///< transfer: the thread whose transfer needs the page (it or its partner)
    Micros deadline = never;      ///< for the pager's answer to begin
};

/// Kernel work that a ready thread has still to do before it returns to its program.
enum class Op : std::uint8_t { none, transfer, receive_phase, unmap, task_new };

} // namespace kern
