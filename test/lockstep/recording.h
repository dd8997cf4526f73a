// SPDX-License-Identifier: BSD-2-Clause
// A trace written down: what happens without the generator that thought it up, so that it means the same for
// ever.  The format is text, a step a line (docs/traces.md).
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "test/lockstep/action.h"
#include "test/support/lockstep.h"

namespace test {

/// What a trace is compared with, and what may happen in the middle of long operations.
enum class Mode : std::uint8_t {
    free,     ///< unlimited Limits, interrupts and timers at any point, compared after every event
    stepwise, ///< one to three steps per entry, nothing in between, compared when an operation is over
    alone,    ///< one to three steps per entry and anything in between; the kernel alone, with its invariants
};
Mode parse_mode(std::string_view name); ///< throws std::invalid_argument
std::string to_string(Mode mode);

/// What a step left behind.
struct StepResult {
    bool idle = true, in_kernel = false;
    kern::ThreadId who{};                 ///< who runs then, if not idle
    std::uint64_t hash = 0;               ///< of all events so far, and of the registers that they left
    std::array<std::uint32_t, 10> regs{}; ///< of who runs, in the order of `result_registers`
    bool operator==(const StepResult&) const = default;
};
inline constexpr std::array<const char*, 10> result_registers = {"eax", "ebx", "ecx", "edx", "esi",
                                                                 "edi", "ebp", "esp", "eip", "eflags"};
StepResult result_of(const Lockstep& lockstep);
/// Empty when they are the same; else what differs, a line for each.
std::string diff(const StepResult& is, const StepResult& should_be);

struct Recording {
    Mode mode = Mode::free;
    LockstepConfig config{};
    std::vector<Action> actions;
    std::vector<StepResult> results; ///< one for each action, but for the last if it never ended; or none
};

/// Text that is not a trace, or a file that can not be had.  What it says names file and line, the problem
/// and the fix.
class TraceError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `name` stands for the text in messages.  Throws TraceError.
Recording parse_recording(std::string_view text, const std::string& name);
Recording read_recording(const std::string& path);

std::string to_string(const Recording& recording, const std::string& comment);
std::string to_string(const StepResult& result);
void write_recording(const std::string& path, const Recording& recording, const std::string& comment);

/// The bytes of a file; `what` says in messages what it should be.  Throws TraceError.
std::string read_file(const std::string& path, const std::string& what);
/// Throws TraceError if write_file() would, as far as one can tell.
void check_writable(const std::string& path);
/// All of `bytes`, or the file stays what it was and TraceError is thrown.
void write_file(const std::string& path, const std::string& bytes);

/// The lines of the comment at the head of a trace's text, without `# ` and the licence.
std::string comment_of(std::string_view text);

} // namespace test
