// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <bit>
#include <cstdint>
#include "kern/ids.h"
#include "l4/abi/exception.h"

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
        stopped,     ///< by ex_regs, until another ex_regs
        dead,        ///< never started, or killed by a fault
    };
    For what = For::dead;
    ThreadId peer{};        ///< receive: an id, for the partner may be deleted meanwhile
    Thread* with = nullptr; ///< send, transfer, fault_of: exists as long as the wait
    bool operator==(const Wait&) const = default;
};

/// A message that the kernel sends to the thread's pager on its behalf: a page or I/O fault, or an exception.
/// While it lasts, the thread's wait is that of this message, not that of its own IPC.
struct Fault {
    enum class Kind : std::uint8_t {
        none,
        user,      ///< a page or I/O fault of its program
        exception, ///< of its program
        transfer,  ///< a page fault of the IPC that it is in
    };
    Kind kind = Kind::none;
    bool with_state = false; ///< state words go with the message and come with the answer
    std::uint8_t trapno = 0; ///< user, exception: the state words of these names
    std::uint32_t err = 0;
    l4_threadid_t pager{};        ///< as it was when the fault happened
    std::uint32_t w0 = 0, w1 = 0; ///< the message (docs/semantics.md 9.11, 7.7, 12.2)
    std::uint32_t pfa = 0;        ///< the address of a page fault
    std::uint32_t window = 0;     ///< of the answer; 0: takes no flexpage
    Thread* driver = nullptr;     ///< transfer: the thread whose transfer needs the page (it or its partner)
    Micros deadline = never;      ///< for the pager's answer to begin

    bool any() const { return kind != Kind::none; }
    /// Does w0 of an answer say that the pager will not help?
    bool refused_by(std::uint32_t w0_answer) const {
        return w0_answer == L4_PF_REFUSED && kind != Kind::exception;
    }
    /// Of the program, not of an IPC that it is in.
    bool of_program() const { return kind == Kind::user || kind == Kind::exception; }
};

/// What is done to a ready thread before it returns to its program, in this order (docs/semantics.md 12.5,
/// 14).
struct alignas(std::uint32_t) Deferred {
    std::uint16_t after_call = 0; ///< error code of the exception that follows an alien's call; 0: none
    bool stop : 1 = false, trigger : 1 = false, time_fault : 1 = false;
    std::uint8_t reflection : 3 = 0; ///< vector of a trap that waits for memory to be reflected; 0: none
    std::uint8_t unused : 2 = 0, padding = 0; // it is asked for at each way out: a word, all of which counts
    bool any() const { return std::bit_cast<std::uint32_t>(*this) != 0; }
};

/// Kernel work that a ready thread has still to do before it returns to its program.
enum class Op : std::uint8_t { none, transfer, receive_phase, unmap, task_new, text };

} // namespace kern
