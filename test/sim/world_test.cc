// SPDX-License-Identifier: BSD-2-Clause
#include "sim/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "l4/abi/exception.h"

namespace {
using kern::Line;
using kern::Micros;
using sim::Program;
using sim::User;
using sim::World;

constexpr l4_threadid_t client = l4_threadid(5, 0), server = l4_threadid(6, 0);

TEST(World, CallReachesServerAndReplyComesBack) {
    World w;
    w.spawn(6, sim::echo);
    sim::IpcResult got;
    w.spawn(5, [&](User u) -> Program { got = co_await u.call(server, 41, 42); });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_TRUE(got.ok());
    EXPECT_EQ(got.w0, 41u);
    EXPECT_EQ(got.w1, 42u);
    EXPECT_EQ(got.from.low, server.low);
    EXPECT_EQ(w.root_server().failures(), 0u);
}

TEST(World, TwoWorldsInOneProcessDoNotMeet) {
    World a, b;
    a.spawn(6, sim::echo);
    a.run();
    b.run();
    EXPECT_NE(a.find(server), nullptr);
    EXPECT_EQ(b.find(server), nullptr);
}

TEST(World, RunIsBounded) {
    World w;
    w.spawn(5, [](User u) -> Program {
        for (;;) co_await u.compute(0);
    });
    EXPECT_EQ(w.run(1000), sim::End::bound);
}

TEST(World, StopEndsTheRun) {
    World w;
    int rounds = 0;
    w.spawn(5, [&](User u) -> Program {
        for (;;) {
            co_await u.compute(1);
            if (++rounds == 3) w.stop();
        }
    });
    EXPECT_EQ(w.run(), sim::End::stopped);
    EXPECT_EQ(rounds, 3);
    EXPECT_EQ(w.run(10), sim::End::bound);
}

TEST(World, MemoryComesFromThePagerAndKeepsWhatIsStored) {
    World w;
    std::uint32_t word = 0, byte = 0, unaligned = 0;
    w.spawn(5, [&](User u) -> Program {
        co_await u.store32(0x10000ffe, 0x12345678);
        unaligned = co_await u.load32(0x10000ffe);
        word = co_await u.load32(0x10001000);
        co_await u.store8(0x10001003, 9);
        byte = co_await u.load8(0x10001003);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(unaligned, 0x12345678u);
    EXPECT_EQ(word, 0x1234u);
    EXPECT_EQ(byte, 9u);
}

TEST(World, BlocksGoOnWhereTheyFaulted) {
    World w;
    std::vector<std::byte> out(10000), in(10000);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7 >> 3);
    w.spawn(5, [&](User u) -> Program {
        co_await u.store_block(0x20000801, out.data(), static_cast<std::uint32_t>(out.size()));
        co_await u.load_block(0x20000801, in.data(), static_cast<std::uint32_t>(in.size()));
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(in, out);
}

sim::Routine<int> add_ipc(User u, int depth) {
    if (depth == 0) co_return 0;
    const sim::IpcResult r = co_await u.call(server, 1, 0);
    const int below = co_await add_ipc(u, depth - 1);
    co_return below + static_cast<int>(r.w0);
}

TEST(Routine, NestsAndReturnsValues) {
    World w;
    int sum = 0;
    w.spawn(6, sim::echo);
    w.spawn(5, [&](User u) -> Program { sum = co_await add_ipc(u, 20); });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(sum, 20);
}

TEST(Routine, IsFreedWhenItsThreadIsLeftInTheMiddle) {
    World w;
    w.spawn(5, [&](User u) -> Program { static_cast<void>(co_await add_ipc(u, 3)); });
    w.spawn(6, [&](User u) -> Program { co_await u.sleep(); });
    EXPECT_EQ(w.run(), sim::End::idle); // and the leak checker agrees
}

TEST(World, ExceptionsOfTheHostComeOutOfRun) {
    World w;
    w.spawn(5, [](User u) -> Program {
        co_await u.compute(1);
        throw std::runtime_error("from a program");
    });
    EXPECT_THROW(w.run(), std::runtime_error);
}

TEST(World, ThreadsOfATaskAreStartedByItsFirstThread) {
    World w;
    std::vector<unsigned> order;
    w.spawn(5, 1, [&](User u) -> Program {
        order.push_back(u.id().lthread);
        co_return;
    });
    w.spawn(6, 0, [&](User u) -> Program {
        order.push_back(10u + u.id().lthread);
        co_return;
    });
    w.spawn(6, 3, [&](User u) -> Program {
        order.push_back(10u + u.id().lthread);
        co_return;
    });
    w.spawn(4, 7, [&](User u) -> Program {
        order.push_back(100u + u.id().lthread);
        co_return;
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector<unsigned>{1, 10, 13, 107}));
    EXPECT_NE(w.find(l4_threadid(5, 0)), nullptr);
    EXPECT_EQ(w.root_server().failures(), 0u);
}

TEST(World, SpawnWorksAfterARun) {
    World w;
    w.spawn(6, sim::echo);
    EXPECT_EQ(w.run(), sim::End::idle);
    std::uint32_t got = 0;
    w.spawn(5, [&](User u) -> Program {
        const sim::IpcResult r = co_await u.call(server, 7, 0);
        got = r.w0;
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(got, 7u);
}

TEST(World, ExRegsStartsAFreshProgram) {
    int starts = 0, destroyed = 0; // before the World: the destructors of programs run when it ends
    World w;
    struct Note {
        int& n;
        ~Note() { ++n; }
    };
    const sim::Entry sleeper = w.program([&](User u) -> Program {
        const Note note{destroyed};
        ++starts;
        for (;;) co_await u.sleep();
    });
    w.spawn(5, [&](User u) -> Program {
        for (int i = 0; i < 3; ++i) {
            co_await u(sim::ExRegs{.target = 1, .esp = 0, .eip = sleeper.eip, .pager = l4_threadid(4, 0)});
            co_await u.sleep(sim::receive_timeout(Micros{10}));
        }
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(starts, 3);
    EXPECT_EQ(destroyed, 2); // the last one is still asleep
}

TEST(World, TimeJumpsToTheTimerWhenNothingRuns) {
    World w;
    std::uint32_t result = 0;
    w.spawn(5, [&](User u) -> Program {
        const sim::IpcResult r = co_await u.sleep(sim::receive_timeout(Micros{200}));
        result = r.error();
        co_await u.compute(50);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(result, L4_IPC_RETIMEOUT);
    EXPECT_EQ(w.now(), Micros{250});
}

TEST(World, InstructionsCostTimeWhenAsked) {
    World w({.instruction_time = Micros{2}});
    Micros before{}, after{};
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(0);
        before = u.now();
        co_await u.compute(0);
        co_await u.call(l4_threadid(9, 9), 0, 0);
        after = u.now();
    });
    w.run();
    EXPECT_EQ(after - before, Micros{4});
}

Program handler(User u, std::vector<std::uint64_t>& times, unsigned line) {
    co_await u.attach(line);
    for (;;) {
        const sim::IpcResult r = co_await u.receive(l4_irq_id(line));
        if (r.from_irq(line)) times.push_back(u.now().raw());
    }
}

TEST(World, ScriptedInterruptsArriveOnTime) {
    World w;
    std::vector<std::uint64_t> times;
    const sim::Entry urgent = w.program([&](User u) { return handler(u, times, 3); });
    w.spawn({.task = 5, .program = urgent, .prio = 17});
    w.spawn(6, [](User u) -> Program { co_await u.compute(1000); });
    w.at(Micros{100}, Line{3});
    w.at(Micros{100}, Line{3});
    w.at(Micros{700}, Line{3});
    w.at(Micros{5000}, Line{3});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(times, (std::vector<std::uint64_t>{100, 700, 5000}));
}

TEST(World, AChoiceDelaysInterrupts) {
    struct Third : sim::Interrupts {
        int asked = 0;
        bool now(World&, Line) override { return ++asked % 3 == 0; }
    } third;
    World w;
    std::vector<std::uint64_t> times;
    w.set_interrupts(&third);
    w.spawn(5, [&](User u) { return handler(u, times, 3); });
    w.spawn(6, [](User u) -> Program {
        for (int i = 0; i < 20; ++i) co_await u.compute(10);
    });
    w.at(Micros{5}, Line{3});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(times.size(), 1u);
    EXPECT_EQ(third.asked, 3);
}

TEST(World, FaultsAndExceptionsAreEventsWithTheAddressOfTheirInstruction) {
    struct Recorder : sim::Observer {
        std::vector<kern::Event> faults;
        std::vector<arch::Frame> frames;
        unsigned before_count = 0, after_count = 0, accesses = 0;
        void before(World&, const kern::Event& e, const kern::Thread& t) override {
            ++before_count;
            if (e.kind != kern::Event::Kind::page_fault && e.kind != kern::Event::Kind::exception) return;
            faults.push_back(e);
            frames.push_back(t.frame);
        }
        void after(World&, const kern::Event&, const kern::Thread&) override { ++after_count; }
        void accessed(World&, const kern::Thread& t, kern::VAddr, bool) override {
            accesses += t.task_no().raw() == 5;
        }
    } seen;
    World w;
    w.observe(seen);
    const sim::Entry entry = w.program([](User u) -> Program {
        co_await u.store32(0x10000004, 1);
        co_await u.raise(L4_TRAP_DIVIDE);
    });
    w.spawn({.task = 5, .program = entry});
    w.run();
    std::size_t mine = 0;
    while (mine < seen.frames.size() && seen.frames[mine].eip != entry.eip + 2) ++mine;
    ASSERT_LT(mine, seen.faults.size());
    EXPECT_EQ(seen.faults[mine].kind, kern::Event::Kind::page_fault);
    EXPECT_EQ(seen.faults[mine].addr, kern::VAddr{0x10000004});
    EXPECT_EQ(seen.faults[mine].code, ia32::fault_user | ia32::fault_write);
    EXPECT_EQ(seen.frames[mine].cr2, 0x10000004u);
    EXPECT_EQ(seen.faults.back().kind, kern::Event::Kind::exception);
    EXPECT_EQ(seen.faults.back().code, L4_TRAP_DIVIDE);
    EXPECT_EQ(seen.frames.back().eip, entry.eip + 4);
    EXPECT_EQ(seen.before_count, seen.after_count);
    EXPECT_EQ(seen.before_count, w.events());
    EXPECT_EQ(seen.accesses, 1u);
}

TEST(World, PortsAreDeniedUntilMapped) {
    World w;
    bool survived = false;
    w.spawn(5, [&](User u) -> Program {
        co_await u.out(0x80, 1);
        survived = true;
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_FALSE(survived);
}

TEST(World, AVectorWithoutAGateIsAProtectionFault) {
    World w;
    bool survived = false;
    w.spawn(5, [&](User u) -> Program {
        co_await u.syscall(0x80, {});
        survived = true;
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_FALSE(survived);
}

TEST(World, AThreadSentIntoNothingFaultsThere) {
    World w;
    w.spawn({.task = 5, .program = {0x123456}});
    EXPECT_EQ(w.run(), sim::End::idle); // a page comes, but there is no instruction on it
    EXPECT_NE(w.find(client), nullptr);
}

TEST(World, SegmentsAndRegistersAreThreadsOwn) {
    World w;
    arch::Frame mine{};
    w.spawn(6, sim::echo);
    w.spawn(5, [&](User u) -> Program {
        co_await u.segments(0x23, 0x1b);
        co_await u.call(server, 1, 2);
        co_await u.look(mine);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(mine.gs, 0x23u);
    EXPECT_EQ(mine.fs, 0x1bu);
    EXPECT_EQ(mine.edx, 1u);
}

std::uint64_t busy_world(std::uint32_t seed) {
    World w;
    std::vector<std::uint64_t> times;
    w.spawn(5, [&](User u) { return handler(u, times, 3); });
    w.spawn(6, sim::echo);
    w.spawn(7, [seed](User u) -> Program {
        for (std::uint32_t i = 0; i < 20; ++i) {
            co_await u.call(server, seed, i);
            co_await u.store32(0x10000000 + 4096 * (i % 3), seed);
            co_await u.compute(seed % 13);
        }
    });
    w.at(Micros{seed % 29}, Line{3});
    w.run();
    return w.hash();
}

TEST(TraceHash, SameSeedSameHash) {
    EXPECT_EQ(busy_world(1), busy_world(1));
    EXPECT_NE(busy_world(1), busy_world(2));
}

TEST(TraceHash, IsTheSameOnEveryCompilerAndWidth) {
    sim::TraceHash h;
    arch::Frame f{};
    f.gs = 1, f.eax = 0xfedcba98, f.ss = 0x23;
    h.add(0x0123456789abcdef);
    h.add(f);
    EXPECT_EQ(h.value(), 7925349905131978799u);
}

} // namespace
