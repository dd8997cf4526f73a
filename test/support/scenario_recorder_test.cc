// SPDX-License-Identifier: BSD-2-Clause
// A scenario that fails leaves a trace, and the trace is what happened.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "l4/abi/limits.h"
#include "sim/calls.h"
#include "sim/message_buffer.h"
#include "test/lockstep/run.h"
#include "test/support/checked_world.h"

namespace test {
namespace {

using sim::Program;
using sim::User;

constexpr l4_threadid_t a = l4_threadid(5, 0), b = l4_threadid(6, 0);

/// Two tasks call each other, with memory, time and a device.
void start(sim::World& w) {
    w.spawn(5, [](User u) -> Program {
        for (std::uint32_t i = 0; i < 3; ++i) {
            co_await u.store32(0x4000 + 4 * i, i + 1);
            co_await u.call(b, i, 7);
        }
        co_await u.sleep(sim::receive_timeout(kern::Micros{5000}));
        co_await u(sim::IdNearest{});
        co_await u.sleep();
    });
    w.spawn(6, [](User u) -> Program {
        co_await u.attach(4);
        sim::IpcResult r = co_await u.wait();
        for (;;) {
            if (r.from_irq(4))
                r = co_await u.wait();
            else
                r = co_await u.reply_and_wait(r.from, r.w0 + 1, 0);
        }
    });
    w.at(kern::Micros{3000}, kern::Line{4});
}

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The path of the trace that the message names.
std::string path_in(const std::string& message) {
    const std::size_t at = message.find("\ntrace: ");
    if (at == std::string::npos) return {};
    const std::string where = message.substr(at + 8, message.find('\n', at + 1) - at - 8);
    const std::size_t in = where.find(" in bazel/out/"); // an archive, which is made when the test has ended
    return in == std::string::npos ? where : leave_path(where.substr(0, in));
}

/// A World that is recorded and not compared.
struct Recorded : sim::World {
    explicit Recorded(const sim::WorldConfig& config) : World(config), recorder(*this, config) {}
    ScenarioRecorder recorder;
};

void expect_the_same_again(const kern::Limits& limits) {
    Recorded w({.limits = limits, .instruction_time = kern::Micros{3}});
    start(w);
    EXPECT_EQ(w.run(), sim::End::idle);
    const std::string path = path_in(w.recorder.leave(true, "nothing"));
    const Recording recording = read_recording(path);
    const Outcome again = replay(recording, false);
    EXPECT_EQ(again.failure, "") << text_of(path);
    EXPECT_EQ(again.steps, recording.actions.size());
    EXPECT_EQ(again.events, w.events());
    // The same threads, in the same states, with the same registers.
    Lockstep lockstep(recording.config);
    for (const Action& action : recording.actions) act(action, recording.mode, lockstep);
    for (const l4_threadid_t id : {a, b, l4_threadid(L4_TASK_ROOT, 0), l4_threadid(L4_TASK_SIGMA0, 0)}) {
        const kern::Thread* const is = lockstep.kernel().find(kern::ThreadId::of(id));
        const kern::Thread* const was = w.find(id);
        ASSERT_TRUE(is && was) << id.low;
        EXPECT_EQ(sim::Regs::of(is->frame), sim::Regs::of(was->frame)) << id.low;
        EXPECT_EQ(is->frame.eip, was->frame.eip) << id.low;
        EXPECT_EQ(is->wait().what, was->wait().what) << id.low;
    }
}

TEST(ScenarioRecorder, ReplayDoesTheSameAtOnce) { expect_the_same_again(kern::unlimited); }

TEST(ScenarioRecorder, ReplayDoesTheSameInManyEntries) { expect_the_same_again({64, 1, 1, 1, 1}); }

/// What a failing scenario says and leaves.
TEST(ScenarioRecorder, ADifferenceTellsTheStepAndHowToReplayIt) {
    std::string message;
    std::optional<CheckedWorld> w(std::in_place);
    start(*w);
    w->run();
    ::testing::TestPartResultArray failures;
    {
        const ::testing::ScopedFakeTestPartResultReporter catching(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
        w->find(a)->frame.ebx ^= 1;
        w->at(w->now(), kern::Line{4});
        w->run(200);
        w.reset();
    }
    ASSERT_EQ(failures.size(), 1);
    message = failures.GetTestPartResult(0).message();
    EXPECT_NE(message.find("thread 5.0 ebx"), std::string::npos) << message;
    EXPECT_NE(message.find("bazel run //tools/trace -- replay "), std::string::npos) << message;
    EXPECT_NE(message.find("--test_filter=ScenarioRecorder.ADifferenceTells"), std::string::npos) << message;
    const std::string path = path_in(message);
    const Recording recording = read_recording(path);
    ASSERT_FALSE(recording.actions.empty());
    EXPECT_NE(message.find("step " + std::to_string(recording.actions.size()) +
                           " of its trace: " + to_string(recording.actions.back())),
              std::string::npos)
        << message;
    EXPECT_NE(comment_of(text_of(path)).find("thread 5.0 ebx"), std::string::npos);
}

/// In a test that Bazel runs the folder of outputs is gone afterwards, so the commands begin with the
/// archive.
TEST(ScenarioRecorder, TheCommandsAreOfFilesThatAreThereAfterwards) {
    const char* const before = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    const std::string kept = before ? before : "";
    const std::string folder = ::testing::TempDir() + "/bazel-out/k8/testlogs/a/b_test/test.outputs";
    std::filesystem::create_directories(folder);
    setenv("TEST_UNDECLARED_OUTPUTS_DIR", folder.c_str(), 1);
    const std::string message = leave({}, "x.trace", "nothing");
    before ? setenv("TEST_UNDECLARED_OUTPUTS_DIR", kept.c_str(), 1) : unsetenv("TEST_UNDECLARED_OUTPUTS_DIR");
    const std::string archive = "bazel/out/k8/testlogs/a/b_test/test.outputs/outputs.zip";
    EXPECT_EQ(message, "trace: x.trace in " + archive + "\ntake it out with: python3 -m zipfile -e " +
                           archive +
                           " bazel/traces\n"
                           "replay it with: bazel run //tools/trace -- replay bazel/traces/x.trace\n"
                           "make it small with: bazel run //tools/trace -- shrink bazel/traces/x.trace");
}

/// What ends the process, a broken invariant for one, leaves it, too.
TEST(ScenarioRecorderDeathTest, ACrashLeavesTheTrace) {
    const auto crash = [] {
        Recorded w({});
        start(w);
        w.run(60);
        std::abort();
    };
    EXPECT_DEATH(crash(), "bazel run //tools/trace -- replay .*ACrashLeavesTheTrace");
}

} // namespace
} // namespace test
