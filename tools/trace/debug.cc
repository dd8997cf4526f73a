// SPDX-License-Identifier: BSD-2-Clause
#include "tools/trace/debug.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kdb/debugger.h"
#include "test/lockstep/recording.h"
#include "test/lockstep/run.h"

namespace trace {
namespace {

constexpr const char* help = R"(  step [STEPS]                    goes on in the trace
  back [STEPS]                    and back
  trace                           the steps around here
Counts of steps are decimal.
)";

void put(void*, char c) { std::putchar(c); }

/// A recording, done up to some step.
class Replay {
public:
    explicit Replay(const test::Recording& recording) : recording_(recording) { start(); }

    std::size_t steps() const { return recording_.actions.size(); }
    std::size_t at() const { return at_; }
    /// A kernel has no way back: it is done again from the start.
    void go_to(std::size_t step) {
        if (step < at_) start();
        for (step = std::min(step, steps()); at_ < step; ++at_)
            test::act(recording_.actions[at_], recording_.mode, *lockstep_);
    }
    bool execute(const std::string& line) {
        kdb::Output out(put, nullptr);
        return kdb::execute(
            {.kernel = lockstep_->kernel(), .machine = lockstep_->machine(), .ring = ring_.get()}, out,
            line.c_str());
    }
    std::string step(std::size_t i) const { return test::to_string(recording_.actions[i]); }
    void say_where() const {
        std::printf("step %zu of %zu%s%s\n", at_, steps(), at_ == 0 ? "" : ": ",
                    at_ == 0 ? "" : step(at_ - 1).c_str());
    }

private:
    void start() {
        test::LockstepConfig config = recording_.config;
        config.compare = false;
        lockstep_ = std::make_unique<test::Lockstep>(config);
        records_.assign(records_.size(), {});
        ring_ = std::make_unique<kdb::Ring>(records_);
        lockstep_->ring = ring_.get();
        at_ = 0;
    }

    const test::Recording& recording_;
    std::unique_ptr<test::Lockstep> lockstep_;
    std::vector<kdb::Record> records_{1024};
    std::unique_ptr<kdb::Ring> ring_;
    std::size_t at_ = 0;
};

void put_steps(const Replay& replay) {
    constexpr std::size_t around = 5;
    const std::size_t first = replay.at() < around ? 0 : replay.at() - around;
    for (std::size_t i = first; i < std::min(replay.steps(), replay.at() + around); ++i)
        std::printf("%c %4zu  %s\n", i + 1 == replay.at() ? '>' : ' ', i + 1, replay.step(i).c_str());
}

/// NAME or NAME COUNT; 0: it is another command.
std::size_t count_of(const std::string& line, const std::string& name) {
    if (line == name) return 1;
    const std::string number = line.substr(std::min(line.size(), name.size() + 1));
    const bool good = line.compare(0, name.size() + 1, name + " ") == 0 && !number.empty() &&
                      number.size() < 10 && number.find_first_not_of("0123456789") == std::string::npos;
    return good ? std::stoul(number) : 0;
}

bool execute(Replay& replay, const std::string& line) {
    if (const std::size_t steps = count_of(line, "step")) {
        replay.go_to(replay.at() + steps);
        replay.say_where();
    } else if (const std::size_t back = count_of(line, "back")) {
        replay.go_to(replay.at() - std::min(replay.at(), back));
        replay.say_where();
    } else if (line == "trace") {
        put_steps(replay);
    } else {
        if (line == "help") std::fputs(help, stdout);
        return replay.execute(line);
    }
    return true;
}

} // namespace

int debug(const Arguments& a) {
    a.expect(1, {"to"});
    const test::Recording recording = test::read_recording(a.file(0));
    Replay replay(recording);
    replay.go_to(a.number("to", replay.steps(), 0, replay.steps()));
    replay.say_where();
    const bool asks = isatty(STDIN_FILENO) != 0;
    std::string line;
    do {
        std::fputs(asks ? "kdb> " : "", stdout);
        std::fflush(stdout);
    } while (std::getline(std::cin, line) && execute(replay, line));
    return 0;
}

} // namespace trace
