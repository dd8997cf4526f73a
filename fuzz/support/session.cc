// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/session.h"

#include <cstdio>
#include <cstdlib>

#include "test/lockstep/run.h"

namespace fuzz {
namespace {

std::string how_to(const std::string& target) {
    return "run the input again with: ./drops fuzz " + target + " --replay FILE";
}

} // namespace

Session::Session(const char* target, const StageKind& kind)
    : target_(target),
      recording_(stage(kind).prologue()),
      recorder_(std::in_place, recording_, target_ + ".trace", target_ + " found something"),
      lockstep_(stage(kind).reset()) {}

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

void Session::expect(bool holds, const std::string& what) {
    if (!holds) found(what);
}

/// Not everything was compared after each event: once more, and slowly, for the first bad step.
void Session::found(const std::string& what) {
    recording_.config.full_each = 1;
    const test::Outcome again = test::replay(recording_);
    const std::string report = again.failure.empty() ? what : again.failure;
    recorder_.reset();
    std::fprintf(stderr, "%s: %s\n%s\n%s\n", target_.c_str(), report.c_str(),
                 test::leave(recording_, target_ + ".trace", target_ + ", " + report).c_str(),
                 how_to(target_).c_str());
    std::abort();
}

void expect(bool holds, const char* target, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n%s\n", target, what.c_str(), how_to(target).c_str());
    std::abort();
}

} // namespace fuzz
