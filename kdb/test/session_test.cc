// SPDX-License-Identifier: BSD-2-Clause
// The session that docs/debugger.md shows, over a simulated world: the document has exactly this text.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "kdb/debugger.h"
#include "kdb/sim/ring_observer.h"

namespace {

using sim::Program;
using sim::User;

constexpr l4_threadid_t server = l4_threadid(5, 0), late = l4_threadid(7, 0);
constexpr std::uint32_t shared_page = 0x10000, second = l4_timeout(250, 9, 250, 9);

/// A debugger over a world, its output in a string.
class Session {
public:
    explicit Session(sim::World& world, const kdb::Ring* ring = nullptr)
        : view_{.kernel = world.kernel(), .machine = world.machine(), .ring = ring} {}
    bool execute(const std::string& line) {
        text_ += "> " + line + "\n";
        return kdb::execute(view_, out_, line.c_str());
    }
    const std::string& text() const { return text_; }
    bool says(const std::string& what) const { return text_.find(what) != std::string::npos; }

private:
    static void put(void* to, char c) { static_cast<std::string*>(to)->push_back(c); }

    kdb::View view_;
    std::string text_;
    kdb::Output out_{put, &text_};
};

/// Two that share a page, of which one waits for the other, who waits for somebody else; one that dies; one
/// that waits for an interrupt or a second; and one that runs when the world stops.
void play(sim::World& world) {
    world.root_server().share(6, shared_page, 5, shared_page);
    const auto touch_and_wait = [](User u) -> Program {
        co_await u.store32(shared_page, 0x12345678);
        co_await u.receive(late);
    };
    const auto touch_and_call = [](User u) -> Program {
        co_await u.load32(shared_page);
        co_await u.call(server, 1, 2, L4_TIMEOUT_NEVER);
    };
    const auto attach_and_sleep = [](User u) -> Program {
        co_await u.attach(4);
        co_await u.receive(l4_irq_id(4), second);
    };
    const auto raise = [](User u) -> Program { co_await u.raise(6); };
    const auto sleep_and_stop = [](User u) -> Program {
        co_await u.sleep(l4_timeout(100, 12, 100, 12));
        u.world().stop();
        co_await u.compute(1);
    };
    world.spawn({.task = 5, .lthread = 0, .program = world.program(touch_and_wait), .prio = 30});
    world.spawn({.task = 5, .lthread = 1, .program = world.program(raise)});
    world.spawn({.task = 6, .lthread = 0, .program = world.program(touch_and_call), .prio = 20});
    world.spawn({.task = 7, .lthread = 0, .program = world.program(attach_and_sleep)});
    world.spawn({.task = 7, .lthread = 1, .program = world.program(sleep_and_stop)});
    EXPECT_EQ(world.run(2000), sim::End::stopped);
}

std::string read_file(const char* path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Session, IsTheOneOfTheDocument) {
    sim::World world({.instruction_time = kern::Micros{1}});
    kdb::RingObserver recorder;
    world.observe(recorder);
    play(world);
    Session session(world, &recorder.ring());
    for (const char* const line :
         {"threads", "thread 5.0", "ready", "tasks", "task 5", "pages 5", "frame 1000", "memory 5 10000 4",
          "timeouts", "irqs", "ring 4", "counters"})
        EXPECT_TRUE(session.execute(line));
    const std::string document = read_file("docs/debugger.md");
    EXPECT_NE(document.find("```\n" + session.text() + "```\n"), std::string::npos)
        << "docs/debugger.md must have this session:\n"
        << session.text();
}

TEST(Session, SaysWhatIsWrong) {
    sim::World world;
    play(world);
    Session session(world);
    for (const char* const line :
         {"", "   ", "thread", "thread 9.0", "thread 5.0 x", "task", "task 9", "frame", "frob", "ring",
          "backtrace", "backtrace 9.0", "pages 2047", "threads 9", "threads 9999"})
        EXPECT_TRUE(session.execute(line));
    for (const char* const answer :
         {"> thread\nwhich? TASK.THREAD", "> thread 9.0\nthere is no such thread",
          "`thread` takes TASK.THREAD", "> task\nwhich task?", "> task 9\nthere is no such task",
          "> frame\nwhich?", "no such command; `help` lists them", "no trace ring is kept",
          "no stack of the kernel's own", "> pages 2047\nthere is no such task",
          "> threads 9\nthere is no such task\n> threads 9999\nthere is no such task\n"})
        EXPECT_TRUE(session.says(answer)) << answer << " in\n" << session.text();
    EXPECT_FALSE(session.execute("go"));
}

TEST(Session, DoesNothingForWordsThatItDoesNotKnow) {
    sim::World world;
    play(world);
    for (const std::string line : {"threads x", "thread 5.0 x", "ready x", "tasks x", "task 5 x", "pages 5 x",
                                   "pages 5 0 0 0", "frame 1000 x", "memory 5 x", "memory 5 0 0 0",
                                   "timeouts x", "irqs x", "ring -1", "counters x", "backtrace 5.x"}) {
        Session session(world);
        EXPECT_TRUE(session.execute(line.c_str()));
        const std::string name = line.substr(0, line.find(' '));
        EXPECT_EQ(session.text().find("> " + line + "\n`" + name + "` takes "), 0u) << session.text();
    }
}

TEST(Session, TakesNoNumberOfMoreThanThirtyTwoBits) {
    sim::World world;
    play(world);
    Session session(world);
    for (const char* const line : {"frame ffffffff", "frame 100000000", "frame 10000000000001000",
                                   "task 4294967296", "thread 4294967301.0", "memory 5 100010000 1"})
        session.execute(line);
    for (const char* const answer :
         {"> frame ffffffff\n  no task has mapped it\n", "> frame 100000000\nwhich? a physical address\n",
          "> frame 10000000000001000\nwhich? a physical address\n", "> task 4294967296\nwhich task?\n",
          "> thread 4294967301.0\nwhich? TASK.THREAD\n", "> memory 5 100010000 1\n`memory` takes "})
        EXPECT_TRUE(session.says(answer)) << answer << " in\n" << session.text();
}

TEST(Session, HelpNamesEveryCommand) {
    sim::World world;
    Session session(world);
    session.execute("help");
    for (const char* const name : {"threads", "thread", "ready", "tasks", "task", "pages", "frame", "memory",
                                   "timeouts", "irqs", "ring", "counters", "backtrace", "go"})
        EXPECT_TRUE(session.says("\n  " + std::string(name) + " ")) << name;
}

/// A tree of three tasks; then without its middle.
TEST(Session, DrawsMappingTrees) {
    sim::World world;
    play(world);
    Session session(world);
    session.execute("frame 1000");
    const std::string tree = session.text();
    const auto at = [&](const char* what) { return tree.find(what); };
    EXPECT_LT(at("  task 2 at"), at("    task 4 at")) << tree;
    EXPECT_LT(at("    task 4 at"), at("      task 5 at 00010000")) << tree;
}

} // namespace
