// SPDX-License-Identifier: BSD-2-Clause
// The ring's records are the steps of a trace: each event's line is the action that made it.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdb/output.h"
#include "kdb/ring.h"
#include "test/lockstep/run.h"

namespace {

using Kind = test::Action::Kind;

std::string text_of(const kdb::Record& r, void (*put)(kdb::Output&, const kdb::Record&)) {
    std::string text;
    kdb::Output out([](void* to, char c) { static_cast<std::string*>(to)->push_back(c); }, &text);
    put(out, r);
    return text;
}

/// What a step of the trace is in the ring, where the ring knows all of it.
test::Action visible(test::Action a) {
    if (a.kind == Kind::store) a.value = 0;
    return a;
}

/// The line of a recorded result without its hash.
std::string without_hash(const test::StepResult& result) {
    std::string text = " = " + test::to_string(result);
    const std::size_t hash = text.find(' ', 3) + 1;
    return text.replace(hash, std::min(text.find(' ', hash), text.size()) - hash, "-");
}

TEST(Ring, HasTheStepsOfATrace) {
    unsigned events = 0;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        test::Recording recording;
        test::RunOptions options{.seed = seed, .mode = test::Mode::alone, .record = &recording};
        test::run(options);
        test::Lockstep lockstep(recording.config);
        std::vector<kdb::Record> records(4);
        kdb::Ring ring(records);
        lockstep.ring = &ring;
        for (const test::Action& action : recording.actions) {
            const std::uint32_t before = ring.count();
            test::act(action, recording.mode, lockstep);
            if (ring.count() != before + 1) continue; // nothing, or more than one interrupt
            ++events;
            const kdb::Record& r = ring.last(0);
            EXPECT_EQ(test::to_string(test::parse_action(text_of(r, kdb::put_step))),
                      test::to_string(visible(action)));
            EXPECT_EQ(text_of(r, kdb::put_result), without_hash(test::result_of(lockstep)));
            EXPECT_EQ(r.time, static_cast<std::uint32_t>(lockstep.machine().now().raw()));
        }
    }
    EXPECT_GT(events, 200u);
}

TEST(Ring, KeepsTheLastOnes) {
    test::Lockstep lockstep;
    std::vector<kdb::Record> records(4);
    kdb::Ring ring(records);
    EXPECT_EQ(ring.kept(), 0u);
    lockstep.ring = &ring;
    lockstep.exception(0);
    EXPECT_EQ(ring.count(), 1u) << "root died of the first";
    for (std::uint32_t i = 0; i < 6; ++i) lockstep.irq(kern::Line{static_cast<std::uint8_t>(i)});
    EXPECT_EQ(ring.kept(), 1u) << "nobody has attached these lines";
}

TEST(Ring, TellsAnEventThatIsNotFinished) {
    test::Lockstep lockstep;
    std::vector<kdb::Record> records(2);
    kdb::Ring ring(records);
    ring.before({.kind = kern::Event::Kind::page_fault, .code = 6, .addr = kern::VAddr{0x1237}},
                lockstep.current());
    EXPECT_EQ(text_of(ring.last(0), kdb::put_step) + text_of(ring.last(0), kdb::put_result),
              "store 1234 0 = not finished");
}

} // namespace
