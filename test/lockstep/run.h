// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "test/lockstep/action.h"
#include "test/lockstep/recording.h"
#include "test/lockstep/trace.h"

namespace test {

/// What became of one trace.
struct Outcome {
    std::string failure; ///< empty: kernel and specification agreed all the way
    std::uint64_t events = 0;
    std::uint64_t hash = 0;
    unsigned steps = 0;   ///< actions done
    bool followed = true; ///< the specification could tell to the end
};

struct RunOptions {
    std::uint64_t seed = 0;
    Mode mode = Mode::free;
    unsigned steps = 50;         ///< operations, each at least one event; prologue and resumes not counted
    bool print = false;          ///< each event, on standard output
    Recording* record = nullptr; ///< gets the last system's trace
    std::vector<Recording>* all = nullptr; ///< gets that of each
    std::uint32_t user_pages = 0;          ///< of the machine; 0: as the seed has it
    std::optional<kern::Limits> limits{};  ///< unless the mode is free; none: as the seed has it
};

/// A random trace: of one system, or of several one after the other when they come to a standstill.  A
/// failure says seed, first bad step, and the command that replays it, and leaves the trace
/// (flight_recorder.h); so does a broken invariant, which ends the process.
Outcome run(const RunOptions& options);

/// A recorded one.  Each result that it has is compared, too.  Leaves nothing.
Outcome replay(const Recording& recording, bool print = false);

/// The same recording with the results of today.
Recording with_results(const Recording& recording);

/// One action and what belongs to it.  False: that is not over, and nobody can tell when it will be.
bool act(const Action& action, Mode mode, Lockstep& lockstep);

std::string replay_command(const RunOptions& options);

} // namespace test
