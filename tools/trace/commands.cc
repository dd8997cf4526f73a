// SPDX-License-Identifier: BSD-2-Clause
#include "tools/trace/commands.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "test/lockstep/recording.h"
#include "test/lockstep/run.h"
#include "test/lockstep/shrink.h"
#include "tools/trace/debug.h"
#include "tools/trace/packs.h"

namespace trace {
namespace {

constexpr const char* usage = R"(usage: trace COMMAND

  record --to=FILE [--seed=N] [--mode=M] [--steps=N]
                             the random trace of a seed, with results; status 1 if it fails
  record --from=FILE --to=FILE
                             the same steps with the results of today; status 1 if they fail
  replay FILE [--print]      does it again; compares kernel, specification and the results that FILE has
  shrink FILE [--to=FILE]    leaves out whatever a failing trace does not need to fail
  diff FILE FILE             the first step at which two traces differ
  print FILE                 every event, and what it left behind, for people
  debug FILE [--to=STEP]     the kernel debugger at a step of a trace, by default its end (docs/debugger.md)
  random [--seed=N] [--seeds=N] [--steps=N] [--mode=M] [--print] [--keep-going]
                             runs the random traces of so many seeds
  pack --to=PACK [--seed=N] [--seeds=N] [--steps=N] [--mode=M] [--pc-limits]
  pack --to=PACK --from=FILE the random traces of so many seeds, or one trace, for the PC (docs/pc.md)
  unpack PACK [--number=N] --to=FILE
                             one of them as a trace again
  state FILE [--steps=N]     everything that can be observed after so many steps

A file that is there already is replaced by what goes --to it, once that is complete.
Modes: free, stepwise, alone (test/lockstep/recording.h).
Status: 0 all is well, 1 something was found, 2 bad arguments or a bad file.
docs/traces.md describes the format.
)";

using ull = unsigned long long;
constexpr std::uint64_t count_max = ~std::uint32_t{0};

std::string read_comment(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return test::comment_of(std::string{std::istreambuf_iterator<char>(in), {}});
}

test::RunOptions options(const Arguments& a) {
    return {.seed = a.number("seed", 0, 0, ~std::uint64_t{0}),
            .mode = test::parse_mode(a.text("mode", "free")),
            .steps = static_cast<unsigned>(a.number("steps", 50, 1, count_max)),
            .print = a.has("print")};
}

int record(const Arguments& a) {
    const bool again = a.has("from");
    a.expect(0, again ? std::vector<std::string>{"from", "to"}
                      : std::vector<std::string>{"to", "seed", "mode", "steps"});
    const std::string to = a.target("trace goes");
    test::Recording recording;
    std::string comment, failure;
    if (again) {
        const std::string from = a.text("from", "");
        recording = test::with_results(test::read_recording(from));
        failure = test::replay(recording).failure;
        comment = read_comment(from);
    } else {
        test::RunOptions o = options(a);
        o.record = &recording;
        failure = test::run(o).failure;
        comment = "seed " + std::to_string(o.seed);
    }
    test::write_recording(to, recording, comment);
    if (!failure.empty()) std::printf("%s\n", failure.c_str());
    std::printf("%zu steps in %s%s\n", recording.actions.size(), to.c_str(),
                failure.empty() ? "" : "; the trace fails");
    return failure.empty() ? 0 : 1;
}

int replay(const Arguments& a) {
    a.expect(1, {}, {"print"});
    const test::Recording recording = test::read_recording(a.file(0));
    const test::Outcome outcome = test::replay(recording, a.has("print"));
    if (!outcome.failure.empty()) {
        std::printf("%s\n", outcome.failure.c_str());
        return 1;
    }
    if (recording.actions.empty())
        throw std::invalid_argument(a.file(0) + ": a trace without steps, so nothing was replayed");
    std::printf("%u steps, %llu events: no difference%s\n", outcome.steps, static_cast<ull>(outcome.events),
                recording.results.empty() ? "" : "; results as recorded");
    return 0;
}

int shrink(const Arguments& a) {
    a.expect(1, {"to"});
    const std::string path = a.file(0), to = a.text("to", path);
    const test::Recording recorded = test::read_recording(path);
    test::check_writable(to);
    test::Recording whole = recorded;
    whole.results.clear();
    if (!test::fails_in_child(whole))
        throw std::invalid_argument(
            path + (test::replay(recorded).failure.empty()
                        ? " does not fail, so there is nothing to shrink it by"
                        : " has other results than today's and fails by nothing else, which is nothing to "
                          "shrink it by; `trace record --from=FILE --to=FILE` gives it those of today"));
    const test::Recording small = test::shrink(whole, test::fails_in_child);
    test::write_recording(to, small, read_comment(path));
    std::printf("%zu steps of %zu are left in %s\n", small.actions.size(), whole.actions.size(), to.c_str());
    return 0;
}

/// The line that says which system it is, with its end.
std::string config_of(const test::Recording& r) {
    const std::string head = test::to_string(
        test::Recording{.mode = r.mode, .config = r.config, .actions = {}, .results = {}}, "");
    return head.substr(head.rfind("config "));
}

/// The step as a line of the trace; "nothing" behind its end.
std::string step(const test::Recording& r, std::size_t i) {
    return i < r.actions.size() ? test::to_string(r.actions[i]) : "nothing: the trace has ended";
}

int diff(const Arguments& a) {
    a.expect(2, {});
    const test::Recording x = test::read_recording(a.file(0)), y = test::read_recording(a.file(1));
    if (config_of(x) != config_of(y)) {
        std::printf("the systems differ:\n< %s> %s", config_of(x).c_str(), config_of(y).c_str());
        return 1;
    }
    for (std::size_t i = 0; i < x.actions.size() || i < y.actions.size(); ++i) {
        const bool same = step(x, i) == step(y, i);
        const bool both = i < x.results.size() && i < y.results.size();
        const std::string results = same && both ? test::diff(x.results[i], y.results[i]) : "";
        if (same && results.empty()) continue;
        std::printf("step %zu differs:\n", i + 1);
        for (std::size_t before = i < 3 ? 0 : i - 3; before < i; ++before)
            std::printf("  %s\n", step(x, before).c_str());
        if (same)
            std::printf("  %s\nleft something else behind:\n%s", step(x, i).c_str(), results.c_str());
        else
            std::printf("< %s\n> %s\n", step(x, i).c_str(), step(y, i).c_str());
        return 1;
    }
    const bool results = !x.results.empty() && !y.results.empty();
    std::printf("no difference in %zu steps%s\n", x.actions.size(),
                results ? "" : "; results were not compared: `trace record --from=FILE --to=FILE` adds them");
    return 0;
}

int print(const Arguments& a) {
    a.expect(1, {});
    const test::Recording recording = test::read_recording(a.file(0));
    std::fputs(read_comment(a.file(0)).c_str(), stdout);
    test::Lockstep lockstep(recording.config);
    lockstep.on_event = [&](const std::string& event) {
        std::printf("%14llu us  %s\n", static_cast<ull>(lockstep.machine().now().raw()), event.c_str());
    };
    for (std::size_t i = 0; i < recording.actions.size(); ++i) {
        std::printf("step %zu: %s\n", i + 1, step(recording, i).c_str());
        test::act(recording.actions[i], recording.mode, lockstep);
        std::printf("%14s =>  %s\n", "", test::to_string(test::result_of(lockstep)).c_str());
    }
    if (!lockstep.mismatch().empty()) std::printf("%s\n", lockstep.mismatch().c_str());
    return lockstep.mismatch().empty() ? 0 : 1;
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

int random(const Arguments& a) {
    a.expect(0, {"seed", "seeds", "steps", "mode"}, {"print", "keep-going"});
    test::RunOptions o = options(a);
    std::uint64_t events = 0, steps = 0, lost = 0, failed = 0;
    const std::uint64_t seeds = a.seeds(o.seed);
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t n = seeds; n != 0; --n, ++o.seed) {
        const test::Outcome outcome = test::run(o);
        events += outcome.events;
        steps += outcome.steps;
        lost += !outcome.followed;
        if (outcome.failure.empty()) continue;
        ++failed;
        if (!a.has("keep-going")) {
            std::printf("%s\n", outcome.failure.c_str());
            break;
        }
        std::printf("%llu %s\n", static_cast<ull>(o.seed), summary(outcome.failure).c_str());
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "%llu steps, %llu events, %.0f events/s, %llu traces not followed to the end, %llu differences\n",
        static_cast<ull>(steps), static_cast<ull>(events), static_cast<double>(events) / seconds,
        static_cast<ull>(lost), static_cast<ull>(failed));
    return failed == 0 ? 0 : 1;
}

} // namespace

int run(const Arguments& a) {
    const std::string& c = a.command();
    if (c == "help" || a.has("help")) {
        if (c == "help") a.expect(0, {});
        std::fputs(usage, stdout);
        return 0;
    }
    if (c == "record") return record(a);
    if (c == "replay") return replay(a);
    if (c == "shrink") return shrink(a);
    if (c == "diff") return diff(a);
    if (c == "print") return print(a);
    if (c == "debug") return debug(a);
    if (c == "random") return random(a);
    if (c == "pack") return pack(a);
    if (c == "unpack") return unpack(a);
    if (c == "state") return state(a);
    throw std::invalid_argument((c.empty() ? "no command given" : "there is no command `" + c + "`") +
                                "; `trace help` lists them");
}

} // namespace trace
