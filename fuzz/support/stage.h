// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <compare>
#include <cstdint>
#include <memory>

#include "test/lockstep/recording.h"
#include "test/support/lockstep.h"

namespace fuzz {

/// What kind of system an input wants.
struct StageKind {
    test::Mode mode = test::Mode::free;
    std::uint32_t kernel_pages = 96;   ///< at least 68
    std::uint32_t steps_per_entry = 1; ///< Limits, unless the mode is free
    bool pc = false;                   ///< the PC's Limits
    auto operator<=>(const StageKind&) const = default;
};

/// A system in which things are ready to happen, set up once and then cheap to come back to.
///
/// By real system calls: root has two threads and memory from sigma0, and waits for anybody; task 5 has two
/// threads and shares root's account; task 6 has one and 18 frames of its own.  Root is their pager and has
/// given each task a page at 0x1000; 4.1 waits for interrupt 3.  5.0 runs.
class Stage {
public:
    explicit Stage(const StageKind& kind);

    /// As it was set up.
    test::Lockstep& reset();
    /// How that was done; with `config` and `mode`.
    const test::Recording& prologue() const { return prologue_; }

private:
    test::Recording prologue_;
    test::Lockstep lockstep_;
    std::shared_ptr<const test::Lockstep::Snapshot> ready_;
};

/// Made when it is asked for first; for ever.
Stage& stage(const StageKind& kind);

} // namespace fuzz
