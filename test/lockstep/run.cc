// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/run.h"

#include <cstdio>

#include "test/lockstep/flight_recorder.h"

namespace test {
namespace {

/// Everybody waits for ever, or is dead: then another system goes on with what is left of a trace.
constexpr unsigned most_lives = 20;

/// A message of gigabytes is not waited for, nor two threads that are each other's pagers and answer each
/// fault with their own.
constexpr unsigned settle_events = 30000;

void print_events(Lockstep& lockstep) {
    lockstep.on_event = [&lockstep](const std::string& event) {
        std::printf("%6llu %12llu  %s\n", static_cast<unsigned long long>(lockstep.events()),
                    static_cast<unsigned long long>(lockstep.machine().now().raw()), event.c_str());
        std::fflush(stdout);
    };
}

Outcome outcome_of(Lockstep& lockstep, unsigned steps, Mode mode) {
    lockstep.finish();
    const bool compared = mode != Mode::alone;
    return {.failure = lockstep.mismatch(),
            .events = lockstep.events(),
            .hash = lockstep.hash(),
            .steps = steps,
            .followed = !compared || lockstep.following()};
}

} // namespace

bool act(const Action& action, Mode mode, Lockstep& lockstep) {
    perform(action, lockstep);
    return mode != Mode::stepwise || lockstep.settle(settle_events);
}

std::string replay_command(const RunOptions& o) {
    return "bazel run //tools/trace -- random --mode=" + to_string(o.mode) +
           " --seed=" + std::to_string(o.seed) + " --steps=" + std::to_string(o.steps) + " --print";
}

namespace {

std::string name_of(const RunOptions& o) {
    return "seed-" + std::to_string(o.seed) + "-" + to_string(o.mode) + ".trace";
}

/// One system, from its boot to the end of its operations or of all that can happen in it.
Outcome run_life(const RunOptions& o) {
    Recording recording{
        .mode = o.mode, .config = configuration(o.seed, o.mode), .actions = {}, .results = {}};
    if (o.user_pages != 0) recording.config.machine.user_pages = o.user_pages;
    if (o.limits && o.mode != Mode::free) recording.config.limits = *o.limits;
    const std::string origin = "seed " + std::to_string(o.seed) + ", mode " + to_string(o.mode);
    const FlightRecorder recorder(recording, name_of(o), origin + "\nreplay: " + replay_command(o));
    Lockstep lockstep(recording.config);
    if (o.print) print_events(lockstep);
    Trace trace(o.seed, o.mode, lockstep);
    unsigned step = 0, idling = 0, resumes = 0;
    while (step < o.steps && idling < o.steps && resumes < settle_events && lockstep.mismatch().empty()) {
        const bool counts = !trace.in_prologue();
        const std::uint64_t before = lockstep.events();
        const Action action = trace.next();
        recording.actions.push_back(action);
        const bool alive = act(action, o.mode, lockstep) && !trace.over();
        recording.results.push_back(result_of(lockstep));
        const bool resumed = action.kind == Action::Kind::resume;
        const bool event = lockstep.events() != before && !resumed;
        idling = event ? 0 : idling + !resumed;
        resumes = event ? 0 : resumes + resumed;
        step += counts && event;
        if (!alive || (o.mode == Mode::stepwise && !lockstep.following())) break;
    }
    Outcome outcome = outcome_of(lockstep, step, o.mode);
    if (!outcome.failure.empty())
        outcome.failure =
            origin + ", step " + std::to_string(recording.actions.size()) +
            "\nevent: " + lockstep.last_event() + "\n" + outcome.failure + "\nreplay: " + replay_command(o) +
            "\n" +
            leave(recording, name_of(o),
                  origin + ", step " + std::to_string(recording.actions.size()) + "\n" + outcome.failure);
    if (o.all) o.all->push_back(recording);
    if (o.record) *o.record = std::move(recording);
    return outcome;
}

} // namespace

Outcome run(const RunOptions& options) {
    RunOptions o = options;
    Outcome all;
    for (unsigned life = 0; life < most_lives && o.steps != 0 && all.failure.empty(); ++life) {
        const Outcome one = run_life(o);
        all.failure = one.failure;
        all.events += one.events;
        all.hash = all.hash * 0x100000001b3 + one.hash;
        all.steps += one.steps;
        all.followed = all.followed && one.followed;
        o.steps -= one.steps;
        o.seed += std::uint64_t{1} << 32;
    }
    return all;
}

Outcome replay(const Recording& recording, bool print) {
    Lockstep lockstep(recording.config);
    if (print) print_events(lockstep);
    unsigned step = 0;
    std::uint64_t before = 0; // events
    std::string deviation;
    for (const Action& action : recording.actions) {
        if (!lockstep.mismatch().empty() || !deviation.empty()) break;
        ++step;
        before = lockstep.events();
        const bool alive = act(action, recording.mode, lockstep);
        if (step <= recording.results.size())
            deviation = diff(result_of(lockstep), recording.results[step - 1]);
        if (!alive) break;
    }
    Outcome outcome = outcome_of(lockstep, step, recording.mode);
    if (outcome.failure.empty() && !deviation.empty())
        outcome.failure = "the result of this step is not the recorded one, now <> recorded:\n" + deviation;
    const std::string event = lockstep.events() == before ? "none in this step" : lockstep.last_event();
    if (!outcome.failure.empty())
        outcome.failure = "step " + std::to_string(step) + "\nevent: " + event + "\n" + outcome.failure;
    return outcome;
}

Recording with_results(const Recording& recording) {
    Recording out = recording;
    out.results.clear();
    Lockstep lockstep(recording.config);
    for (const Action& action : recording.actions) {
        act(action, recording.mode, lockstep);
        out.results.push_back(result_of(lockstep));
    }
    return out;
}

} // namespace test
