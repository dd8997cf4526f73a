// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/list.h"
#include "kern/walk.h"

namespace kern {

/// What a job has for ports: its place in IoTree's queue, and how far it has come.
///
/// Advanced by IoTree; given up by cancel() or by destroying it: what it did stays done.  Lives in kernel
/// memory and does not move.
class PortJob {
public:
    PortJob(const PortJob&) = delete;
    PortJob& operator=(const PortJob&) = delete;

protected:
    PortJob() = default;
    ~PortJob() { cancel(); }
    void cancel();

    Walk walk_; ///< over the tasks that lose ports

private:
    friend class IoTree;
    enum class Phase : std::uint8_t {
        idle,      ///< not in the queue, and never was
        to_give,   ///< in the queue: a MapJob
        giving,    ///< the same at its head, under way
        relieving, ///< the giver and all below it of what was granted
        to_take,   ///< in the queue: an UnmapJob
        taking,    ///< the same at its head, under way
        done,
        no_memory, ///< done, too: the receiver's account had none
    };

    Link<PortJob> place_{*this};
    std::uint8_t line_ = 0; ///< the next of the bitmap of the task that loses ports
    Phase phase_ = Phase::idle;
};

inline void PortJob::cancel() {
    walk_.cancel();
    if (place_.linked()) List<PortJob, &PortJob::place_>::remove(*this);
    phase_ = Phase::idle;
}

} // namespace kern
