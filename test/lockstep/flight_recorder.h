// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <string>

#include "test/lockstep/recording.h"

namespace test {

/// Sees to it that a trace is not lost when a broken invariant, or a crash, ends the process in its middle:
/// then the trace so far is written to leave_path(name), and `words` and how to replay it to standard error.
/// Of several at once, the youngest's.
class FlightRecorder {
public:
    FlightRecorder(const Recording& recording, std::string name, std::string words);
    ~FlightRecorder();
    FlightRecorder(const FlightRecorder&) = delete;
    FlightRecorder& operator=(const FlightRecorder&) = delete;

    void save() const;

private:
    const Recording& recording_;
    const std::string name_, words_;
};

/// The target of the program that replays traces on the kernel of this one: linking //fuzz:bug changes both.
extern const char trace_tool[];

/// Where a failing test leaves its traces: TEST_UNDECLARED_OUTPUTS_DIR, which Bazel sets, or here.
std::string leave_path(const std::string& name);
/// Writes it there; returns what to tell people: where it is and how to go on with it.
std::string leave(const Recording& recording, const std::string& name, const std::string& comment);

} // namespace test
