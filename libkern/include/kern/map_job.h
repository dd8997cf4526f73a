// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/fpage.h"
#include "kern/space.h"
#include "kern/strong.h"
#include "kern/walk.h"

namespace kern {

/// Has a job come to its end in this entry?
enum class Progress : std::uint8_t { done, more, no_memory };

/// Ports that are being taken from the tasks of a walk, and how far that has come.
///
/// Begun and advanced by IoTree, one at a time; abandoned by cancel() or by destroying it.
class IoStrip {
public:
    IoStrip() = default;
    IoStrip(const IoStrip&) = delete;
    IoStrip& operator=(const IoStrip&) = delete;
    ~IoStrip() { cancel(); }
    void cancel() {
        walk.cancel();
        if (under_way_) *under_way_ = nullptr;
        under_way_ = nullptr;
    }

    Walk walk;

private:
    friend class IoTree;

    IoStrip** under_way_ = nullptr;      ///< where IoTree says that it is; nullptr: it is not
    std::uint32_t space_ = 0;            ///< the Space that is losing ports, 0: none
    std::uint32_t receiver_ = 0;         ///< the Space whose ports are taken; 0: all of the range
    std::uint16_t first_ = 0, last_ = 0; ///< the range
    std::uint8_t line_ = 0;              ///< the next of space_'s bitmap
};

/// One map item of a message (docs/semantics.md 9.3): a flexpage of one space into a window of another.
///
/// Advanced by MapDb::run(), abandoned by destroying it.  Lives in kernel memory and does not move.
/// Between two entries it relies on nothing but the two spaces, which outlive it.
class MapJob {
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
    bool received_ = false;
    bool copied_ = false; ///< ports: granted ones are with the receiver, the giver is being relieved of them
    std::uint32_t first_ = 0; ///< ports: the first
    IoStrip relief_;
};

} // namespace kern
