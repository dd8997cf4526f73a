// SPDX-License-Identifier: BSD-2-Clause
// A thread: what it was given, and what it is doing.
#pragma once

#include <deque>
#include <optional>
#include <vector>

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

/// A time after which something has failed; none is never.
using Deadline = std::optional<Time>;

/// The page-fault message of a thread and the wait for its answer (7.7, 9.11).
struct PageFault {
    FaultKind kind = FaultKind::user;
    bool sent = false; ///< waits for the answer; else queued at the pager
    Word w0 = 0, w1 = 0;
    ThreadName pager = {}; ///< as it was at the time of the fault
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

    Registers registers;
    Word prio = 0, mcp = 0;
    Time slice = L4_SLICE_DEFAULT_US; ///< 0: infinite
    Time remaining = L4_SLICE_DEFAULT_US;
    Time consumed = 0;
    Id pager, internal_preempter, external_preempter;

    bool dead = true;
    bool ready = false;        ///< is in a ready queue
    bool wants_resume = false; ///< ready, with a transfer to drive

    Stage stage = Stage::none;
    IpcCall call;      ///< while stage is not none
    Transfer transfer; ///< while stage is driver
    ThreadName driver; ///< while stage is partner
    std::optional<PageFault> fault;

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
