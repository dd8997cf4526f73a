// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "test/lockstep/action.h"
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

/// What a trace consists of, whoever thought it up.
struct Recording {
    std::uint64_t seed = 0; ///< configuration()
    Mode mode = Mode::free;
    std::vector<Action> actions;
};

struct RunOptions {
    std::uint64_t seed = 0;
    Mode mode = Mode::free;
    unsigned steps = 50; ///< operations, each at least one event; prologue and resumes not counted
    bool print = false;  ///< each event, on standard output
    Recording* record = nullptr;
};

/// A random trace: of one system, or of several one after the other when they come to a standstill.  A broken
/// invariant ends the process, after the command that replays the trace has been printed.
Outcome run(const RunOptions& options);

/// A recorded one.
Outcome replay(const Recording& recording, bool print = false);

std::string replay_command(const RunOptions& options);

} // namespace test
