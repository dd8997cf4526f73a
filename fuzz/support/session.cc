// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/session.h"

#include <cstdio>
#include <cstdlib>

#include "test/lockstep/run.h"

namespace fuzz {
namespace {

constexpr unsigned full_each = 64; ///< events

test::LockstepConfig hurried(test::LockstepConfig config) {
    config.full_each = full_each;
    return config;
}

std::string how_to(const std::string& target) {
    return "the input is kept by libFuzzer; run it again with: ./drops fuzz " + target + " --replay FILE";
}

} // namespace

Session::Session(const char* target, test::Mode mode, const test::LockstepConfig& config)
    : target_(target),
      recording_{.mode = mode, .config = config, .actions = {}, .results = {}},
      recorder_(std::in_place, recording_, target_ + ".trace", target_ + " found something"),
      lockstep_(hurried(config)) {
    recording_.actions.reserve(128);
}

Session::~Session() {
    if (lockstep_.mismatch().empty()) lockstep_.finish();
    check();
}

bool Session::step(const test::Action& action) {
    recording_.actions.push_back(action);
    const bool alive = test::act(action, recording_.mode, lockstep_);
    check();
    return alive;
}

void Session::check() {
    if (!lockstep_.mismatch().empty()) found(lockstep_.mismatch());
}

/// Not everything was compared after each event: once more, and slowly, for the first bad step.
void Session::found(const std::string& what) {
    const test::Outcome again = test::replay(recording_);
    const std::string report = again.failure.empty() ? what + "\n(replayed it agrees: state is left over)" : again.failure;
    recorder_.reset();
    std::fprintf(stderr, "%s: %s\n%s\n%s\n", target_.c_str(), report.c_str(),
                 test::leave(recording_, target_ + ".trace", target_ + ", " + report).c_str(),
                 how_to(target_).c_str());
    std::abort();
}

test::LockstepConfig small_system(test::Mode mode, std::uint32_t kernel_pages, std::uint32_t steps_per_entry) {
    test::LockstepConfig c;
    c.machine = {.user_pages = 2112, .kernel_pages = kernel_pages};
    c.sigma0_frames = 8; // for its pages and ports
    c.compare = mode != test::Mode::alone;
    if (mode == test::Mode::free) return c;
    c.limits = {.bytes = 40 * steps_per_entry,
                .pages = steps_per_entry,
                .timeouts = steps_per_entry,
                .threads = steps_per_entry,
                .chain = steps_per_entry};
    return c;
}

void expect(bool holds, const char* target, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n%s\n", target, what.c_str(), how_to(target).c_str());
    std::abort();
}

} // namespace fuzz
