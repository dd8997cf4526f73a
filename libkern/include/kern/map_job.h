// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/fpage.h"
#include "kern/port_job.h"
#include "kern/space.h"
#include "kern/strong.h"

namespace kern {

/// Has a job come to its end in this entry?
enum class Progress : std::uint8_t { done, more, no_memory };

/// One map item of a message (docs/semantics.md 9.3): a flexpage of one space into a window of another.
///
/// Advanced by MapDb::run(), abandoned by destroying it.  Lives in kernel memory and does not move.
/// Between two entries it relies on nothing but the two spaces, which outlive it.
class MapJob : public PortJob {
public:
    /// The words of the item, and the receiver's window.
    MapJob(Space& from, Space& to, std::uint32_t send, std::uint32_t snd_base, std::uint32_t window);

    /// At least one page or port was mapped, granted, or found mapped from the same page.
    bool received() const { return received_; }

private:
    friend class MapDb;
    friend class Mapper;
    friend class IoTree;

    Space *from_, *to_;
    Fpage send_, window_;
    std::uint32_t at_ = 0,
                  end_ = 0;    ///< sender's next address or port, and where to stop; equal: nothing to do
    std::uint32_t target_ = 0; ///< receiver's address for the sender's first
    std::uint32_t first_ = 0;  ///< ports: the first of them
    bool received_ = false;
};

} // namespace kern
