// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "test/lockstep/flight_recorder.h"
#include "test/lockstep/recording.h"
#include "test/support/lockstep.h"

namespace fuzz {

/// One execution: a system in which an input's actions are done and compared, all of it written down.
///
/// Everything is compared every few events and at the end, what ran after every event.  Whatever is found ends
/// the process, after the first bad step, the trace, and how to go on have been printed.
class Session {
public:
    /// `target` is the name of the fuzz target.
    Session(const char* target, test::Mode mode, const test::LockstepConfig& config);
    ~Session(); ///< the last comparison
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// False: nothing more will come of it.
    bool step(const test::Action& action);

    test::Lockstep& lockstep() { return lockstep_; }

private:
    [[noreturn]] void found(const std::string& what);
    void check();

    const std::string target_;
    test::Recording recording_;
    std::optional<test::FlightRecorder> recorder_;
    test::Lockstep lockstep_;
};

/// Small and quickly made; `kernel_pages` of kernel memory, 8 of them sigma0's.
test::LockstepConfig small_system(test::Mode mode, std::uint32_t kernel_pages, std::uint32_t steps_per_entry);

/// A check in a target that is about something smaller than a system: says what is wrong and ends the process.
void expect(bool holds, const char* target, const std::string& what);

} // namespace fuzz
