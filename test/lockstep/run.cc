// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/run.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace test {
namespace {

/// Everybody waits for ever, or is dead: then another system goes on with what is left of a trace.
constexpr unsigned most_lives = 20;

/// A message of gigabytes is not waited for, nor two threads that are each other's pagers and answer each
/// fault with their own.
constexpr unsigned settle_events = 30000;

/// What to say if the kernel finds an invariant broken, which ends the process.
char last_words[512];

extern "C" void say_last_words(int) {
    std::fputs(last_words, stderr);
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

void prepare_last_words(const std::string& text) {
    std::snprintf(last_words, sizeof last_words, "%s\n", text.c_str());
    std::signal(SIGABRT, say_last_words);
}

void print_events(Lockstep& lockstep) {
    lockstep.on_event = [&lockstep](const std::string& event) {
        std::printf("%6llu %12llu  %s\n", static_cast<unsigned long long>(lockstep.events()),
                    static_cast<unsigned long long>(lockstep.machine().now().raw()), event.c_str());
        std::fflush(stdout);
    };
}

/// One action and what belongs to it.  False: that is not over, and nobody can tell when it will be.
bool act(const Action& action, Mode mode, Lockstep& lockstep) {
    perform(action, lockstep);
    return mode != Mode::stepwise || lockstep.settle(settle_events);
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

std::string replay_command(const RunOptions& o) {
    return "bazel run //test/lockstep:random_trace -- --mode=" + to_string(o.mode) +
           " --seed=" + std::to_string(o.seed) + " --steps=" + std::to_string(o.steps) + " --print";
}

namespace {

/// One system, from its boot to the end of its operations or of all that can happen in it.
Outcome run_life(const RunOptions& o) {
    prepare_last_words("seed " + std::to_string(o.seed) + ", mode " + to_string(o.mode) +
                       "\nreplay: " + replay_command(o));
    Lockstep lockstep(configuration(o.seed, o.mode));
    if (o.print) print_events(lockstep);
    Trace trace(o.seed, o.mode, lockstep);
    if (o.record) *o.record = {.seed = o.seed, .mode = o.mode, .actions = {}};
    unsigned step = 0, idling = 0, resumes = 0;
    while (step < o.steps && idling < o.steps && resumes < settle_events && lockstep.mismatch().empty()) {
        const bool counts = !trace.in_prologue();
        const std::uint64_t before = lockstep.events();
        const Action action = trace.next();
        if (o.record) o.record->actions.push_back(action);
        const bool alive = act(action, o.mode, lockstep) && !trace.over();
        const bool resumed = action.kind == Action::Kind::resume;
        const bool event = lockstep.events() != before && !resumed;
        idling = event ? 0 : idling + !resumed;
        resumes = event ? 0 : resumes + resumed;
        step += counts && event;
        if (!alive || (o.mode == Mode::stepwise && !lockstep.following())) break;
    }
    Outcome outcome = outcome_of(lockstep, step, o.mode);
    if (!outcome.failure.empty())
        outcome.failure = "seed " + std::to_string(o.seed) + ", mode " + to_string(o.mode) + ", step " +
                          std::to_string(step) + "\nevent: " + lockstep.last_event() + "\n" +
                          outcome.failure + "\nreplay: " + replay_command(o);
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
    prepare_last_words("in a replayed recording");
    Lockstep lockstep(configuration(recording.seed, recording.mode));
    if (print) print_events(lockstep);
    unsigned step = 0;
    for (const Action& action : recording.actions) {
        if (!lockstep.mismatch().empty()) break;
        ++step;
        if (!act(action, recording.mode, lockstep)) break;
    }
    Outcome outcome = outcome_of(lockstep, step, recording.mode);
    if (!outcome.failure.empty())
        outcome.failure =
            "step " + std::to_string(step) + "\nevent: " + lockstep.last_event() + "\n" + outcome.failure;
    return outcome;
}

} // namespace test
