// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/shrink.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "test/lockstep/run.h"

namespace test {
namespace {

using Fails = std::function<bool(const Recording&)>;

void leave_out_actions(Recording& recording, const Fails& fails) {
    for (std::size_t chunk = recording.actions.size(); chunk != 0; chunk /= 2) {
        for (bool progress = true; progress;) {
            progress = false;
            for (std::size_t at = 0; at < recording.actions.size();) {
                Recording smaller = recording;
                const auto first = smaller.actions.begin() + static_cast<std::ptrdiff_t>(at);
                const std::size_t count = std::min(chunk, smaller.actions.size() - at);
                smaller.actions.erase(first, first + static_cast<std::ptrdiff_t>(count));
                if (fails(smaller)) {
                    recording = std::move(smaller);
                    progress = true;
                } else {
                    at += chunk;
                }
            }
        }
    }
}

/// Registers that do not matter are 0 afterwards.
void clear_registers(Recording& recording, const Fails& fails) {
    for (std::size_t i = 0; i < recording.actions.size(); ++i) {
        constexpr std::uint32_t sim::Regs::*all[] = {&sim::Regs::eax, &sim::Regs::ebx, &sim::Regs::ecx,
                                                     &sim::Regs::edx, &sim::Regs::esi, &sim::Regs::edi,
                                                     &sim::Regs::ebp};
        for (const auto reg : all) {
            if (recording.actions[i].regs.*reg == 0) continue;
            Recording simpler = recording;
            simpler.actions[i].regs.*reg = 0;
            if (fails(simpler)) recording = std::move(simpler);
        }
    }
}

} // namespace

Recording shrink(Recording recording, const Fails& fails) {
    recording.results.clear();
    leave_out_actions(recording, fails);
    clear_registers(recording, fails);
    leave_out_actions(recording, fails);
    return recording;
}

bool fails_in_child(const Recording& recording) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("can not fork");
    if (child == 0) {
        if (!std::freopen("/dev/null", "w", stderr)) _exit(2);
        alarm(20); // a kernel that never comes back fails, too
        _exit(replay(recording).failure.empty() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

} // namespace test
