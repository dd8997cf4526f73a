// SPDX-License-Identifier: BSD-2-Clause
// Random traces by hand: many seeds, or one again with every event printed, or a recording; and recordings
// made small.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "test/lockstep/recording.h"
#include "test/lockstep/run.h"

namespace {

constexpr const char* usage = R"(usage: random_trace [options]
  --seed=N      first seed (0)
  --seeds=N     how many, one after the other (1)
  --steps=N     actions of each (50)
  --mode=M      free, stepwise or alone (free)
  --print       print every event
  --keep-going  do not stop at the first difference; print one line for each
  --record=F    write the last trace to F
  --replay=F    run the recording F instead
  --shrink=F    make the recording F as small as its failure allows, and write it back
)";

struct Arguments {
    test::RunOptions run;
    std::uint64_t seeds = 1;
    bool keep_going = false;
    std::string record, replay, shrink;
};

std::uint64_t number(const std::string& option, const std::string& value) {
    std::size_t used = 0;
    std::uint64_t n = 0;
    try {
        n = std::stoull(value, &used, 0);
    } catch (const std::exception&) {
        used = 0;
    }
    if (used == 0 || used != value.size())
        throw std::invalid_argument(option + " wants a number, not `" + value + "`");
    return n;
}

Arguments parse(int argc, char** argv) {
    Arguments a;
    for (int i = 1; i < argc; ++i) {
        const std::string whole = argv[i], option = whole.substr(0, whole.find('='));
        const std::string value = option.size() == whole.size() ? "" : whole.substr(option.size() + 1);
        if (option == "--seed")
            a.run.seed = number(option, value);
        else if (option == "--seeds")
            a.seeds = number(option, value);
        else if (option == "--steps")
            a.run.steps = static_cast<unsigned>(number(option, value));
        else if (option == "--mode")
            a.run.mode = test::parse_mode(value);
        else if (option == "--print")
            a.run.print = true;
        else if (option == "--keep-going")
            a.keep_going = true;
        else if (option == "--record")
            a.record = value;
        else if (option == "--replay")
            a.replay = value;
        else if (option == "--shrink")
            a.shrink = value;
        else
            throw std::invalid_argument("unknown option `" + whole + "`\n" + usage);
    }
    return a;
}

int run_recording(const std::string& path, bool print) {
    const test::Outcome outcome = test::replay(test::read_recording(path), print);
    if (!outcome.failure.empty())
        std::printf("%s\n", outcome.failure.c_str());
    else
        std::printf("%u actions, %llu events: no difference\n", outcome.steps,
                    static_cast<unsigned long long>(outcome.events));
    return outcome.failure.empty() ? 0 : 1;
}

int shrink_recording(const std::string& path) {
    const test::Recording whole = test::read_recording(path);
    if (!test::fails_in_child(whole)) throw std::invalid_argument(path + " does not fail; nothing to shrink");
    const test::Recording small = test::shrink(whole, test::fails_in_child);
    test::write_recording(path, small, "");
    std::printf("%zu actions of %zu are left in %s\n", small.actions.size(), whole.actions.size(),
                path.c_str());
    return 0;
}

/// The first line that names a field is the key to telling failures apart.
std::string summary(const std::string& failure) {
    const std::size_t event = failure.find("\nevent: ");
    const std::size_t state = failure.find('\n', event + 1);
    std::string text = failure.substr(state + 1, failure.find("\nreplay") - state - 1);
    for (char& c : text)
        if (c == '\n') c = '|';
    return text.substr(0, 300);
}

int run_seeds(Arguments a) {
    std::uint64_t events = 0, steps = 0, lost = 0, failed = 0;
    const auto start = std::chrono::steady_clock::now();
    test::Recording recording;
    if (!a.record.empty()) a.run.record = &recording;
    for (std::uint64_t n = 0; n < a.seeds; ++n, ++a.run.seed) {
        const test::Outcome outcome = test::run(a.run);
        events += outcome.events;
        steps += outcome.steps;
        lost += !outcome.followed;
        if (outcome.failure.empty()) continue;
        ++failed;
        if (a.keep_going)
            std::printf("%llu %s\n", static_cast<unsigned long long>(a.run.seed),
                        summary(outcome.failure).c_str());
        else
            std::printf("%s\n", outcome.failure.c_str());
        if (!a.keep_going) break;
    }
    if (!a.record.empty()) test::write_recording(a.record, recording, "");
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "%llu actions, %llu events, %.0f events/s, %llu traces not followed to the end, %llu differences\n",
        static_cast<unsigned long long>(steps), static_cast<unsigned long long>(events),
        static_cast<double>(events) / seconds, static_cast<unsigned long long>(lost),
        static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const Arguments a = parse(argc, argv);
        if (!a.replay.empty()) return run_recording(a.replay, a.run.print);
        if (!a.shrink.empty()) return shrink_recording(a.shrink);
        return run_seeds(a);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "random_trace: %s\n", e.what());
        return 2;
    }
}
