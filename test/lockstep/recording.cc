// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/recording.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test {

Recording read_recording(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("can not read " + path);
    Recording recording;
    bool headed = false;
    std::string line;
    for (unsigned number = 1; std::getline(in, line); ++number) {
        if (line.empty() || line[0] == '#') continue;
        const auto complain = [&](const std::string& what) {
            throw std::runtime_error(path + ":" + std::to_string(number) + ": " + what + ": " + line);
        };
        if (!headed) {
            std::istringstream words(line);
            std::string mode_word, mode, seed_word;
            words >> mode_word >> mode >> seed_word >> recording.seed;
            if (words.fail() || mode_word != "mode" || seed_word != "seed")
                complain("wants `mode M seed S` first");
            recording.mode = parse_mode(mode);
            headed = true;
            continue;
        }
        if (const auto action = parse_action(line))
            recording.actions.push_back(*action);
        else
            complain("not an action");
    }
    if (!headed) throw std::runtime_error(path + ": empty; wants `mode M seed S` first");
    return recording;
}

void write_recording(const std::string& path, const Recording& recording, const std::string& comment) {
    std::ofstream out(path);
    out << "# SPDX-License-Identifier: BSD-2-Clause\n";
    std::istringstream lines(comment);
    for (std::string line; std::getline(lines, line);) out << "# " << line << "\n";
    out << "mode " << to_string(recording.mode) << " seed " << recording.seed << "\n";
    for (const Action& action : recording.actions) out << to_string(action) << "\n";
    if (!out.flush()) throw std::runtime_error("can not write " + path);
}

Recording shrink(Recording recording, const std::function<bool(const Recording&)>& fails) {
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
    return recording;
}

bool fails_in_child(const Recording& recording) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("can not fork");
    if (child == 0) {
        std::freopen("/dev/null", "w", stderr);
        alarm(20); // a kernel that never comes back fails, too
        _exit(replay(recording).failure.empty() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

} // namespace test
