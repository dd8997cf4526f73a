// SPDX-License-Identifier: BSD-2-Clause
// A thread: what it was given, and what it is doing.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "l4/abi/fpage.h"
#include "l4/abi/limits.h"
#include "spec/observation.h"

namespace spec {

/// An ipc call as it was made; the registers may change while it lasts.
struct IpcCall {
    Word send = 0, receive = 0; ///< descriptors
    Word timeouts = 0;
    Id partner;
    Word w0 = 0, w1 = 0;
};

/// EFLAGS.IOPL: the thread may execute cli and sti (17.1).
constexpr Word eflags_iopl = 0x3000;
/// Set in every thread without IOPL: interrupts on, and the bit that is always one.
constexpr Word eflags_always = 0x202;

/// A time after which something has failed; none is never.
using Deadline = std::optional<Time>;

/// The message of a thread about a page fault, I/O fault or exception, and the wait for its answer
/// (7.7, 9.11, 12.2).
struct Fault {
    FaultKind kind = FaultKind::user;
    bool sent = false; ///< waits for the answer; else queued at the pager
    Word w0 = 0, w1 = 0;
    ThreadName pager = {};             ///< as it was at the time of the fault
    Word trapno = 0, err = 0, pfa = 0; ///< state words (11.4)
    bool with_state = false;           ///< state words go and come with the messages
    Word window = L4_FP_WHOLE_SPACE;   ///< for the answer; 0: none
};

/// A transfer that has begun.  It is run from the start whenever it is driven; what it did before is in the
/// log, is not done again, and words that were read keep their values.
struct Transfer {
    ThreadName receiver;
    std::vector<Word> log; ///< one word for each step that is done
    Word copied = 0;       ///< bytes of the step that is not
};

struct Thread {
    enum class Stage { none, send, receive, driver, partner };

    Registers registers{.eflags = 0x202, .gs = 0x2b}; ///< of a new thread
    Word prio = 0, mcp = 0;
    Time slice = L4_SLICE_DEFAULT_US; ///< 0: infinite
    Time remaining = L4_SLICE_DEFAULT_US;
    Time consumed = 0;
    Id pager, internal_preempter, external_preempter;

    bool dead = true;
    bool stopped = false;      ///< (14)
    bool ready = false;        ///< is in a ready queue
    bool wants_resume = false; ///< ready, with a transfer to drive
    bool stop = false;         ///< still to come

    bool alien = false;
    bool dealien = false; ///< its next system call is executed (12.7)
    Word executing = 0;   ///< that call, under way: what `after_call` will be
    Word reflection =
        0; ///< vector of the trap that lacked memory (12.3); pending (12.5), like the next three
    Word after_call = 0;
    bool triggered = false, time_fault = false;
    Deadline time_limit;

    std::array<std::uint64_t, 3> tls{};
    Word idt_base = 0, idt_limit = 0; ///< of lidt; limit 0: none
    std::array<std::uint8_t, 512> fpu{};

    Stage stage = Stage::none;
    IpcCall call;      ///< while stage is not none
    Transfer transfer; ///< while stage is driver
    ThreadName driver; ///< while stage is partner
    std::optional<Fault> fault;

    Deadline deadline;
    std::uint64_t armed = 0; ///< order of arming
    std::deque<ThreadName> senders;
};

struct Task {
    Word nest = 0;
    std::uint64_t age = 0;           ///< counts creations
    std::vector<ThreadName> present; ///< thread 0 first, then by age (2.6)
};

} // namespace spec
