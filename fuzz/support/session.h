// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <optional>
#include <string>

#include "fuzz/support/stage.h"
#include "test/lockstep/flight_recorder.h"

namespace fuzz {

/// One execution: a stage on which an input's actions are done and compared, all of it written down.
///
/// Everything is compared every so many events and at the end; after every event, what ran.  Whatever is
/// found ends the process, after the first bad step, the trace, and how to go on have been printed.
class Session {
public:
    /// `target` is the name of the fuzz target.
    Session(const char* target, const StageKind& kind);
    ~Session(); ///< the last comparison
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// False: nothing more will come of it.
    bool step(const test::Action& action);
    /// A check of the target's own.
    void expect(bool holds, const std::string& what);

    test::Lockstep& lockstep() { return lockstep_; }
    const test::Recording& recording() const { return recording_; } ///< so far

private:
    [[noreturn]] void found(const std::string& what);
    void check();

    const std::string target_;
    test::Recording recording_;
    std::optional<test::FlightRecorder> recorder_;
    test::Lockstep& lockstep_;
};

/// A check in a target that is about something smaller than a system: says what is wrong and ends the
/// process.
void expect(bool holds, const char* target, const std::string& what);

} // namespace fuzz
