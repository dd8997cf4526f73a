// SPDX-License-Identifier: BSD-2-Clause
// Bursts of interrupts before and after every kind of kernel event (docs/semantics.md 8, testing V16).
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <utility>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "sim/message_buffer.h"
#include "test/attack/support/world.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

using Kind = kern::Event::Kind;
constexpr std::array<unsigned, 5> lines{1, 3, 5, 9, 14};

/// Raises lines in bursts, lets them through or holds them back, all by the seed.
class Storm : public sim::Interrupts, private sim::Observer {
public:
    Storm(sim::World& w, std::uint64_t seed) : dice_(seed) {
        w.observe(*this);
        w.set_interrupts(this);
    }
    bool now(sim::World&, Line l) override { return l.raw() == 0 || dice_() % 4 != 0; }
    bool raging = true;
    std::array<std::uint64_t, 16> raised{};
    std::set<std::pair<Kind, Word>> struck; ///< events, and calls, right before an interrupt

private:
    void before(sim::World&, const kern::Event& event, const kern::Thread&) override {
        if (event.kind == Kind::irq) struck.insert(last_);
    }
    void after(sim::World& w, const kern::Event& event, const kern::Thread&) override {
        last_ = {event.kind, event.kind == Kind::syscall ? event.code : 0};
        if (!raging || dice_() % 3 != 0) return;
        for (std::uint64_t burst = 1 + dice_() % 4; burst != 0; --burst) {
            const unsigned line = lines[dice_() % lines.size()];
            ++raised[line];
            w.at(w.now(), Line{static_cast<std::uint8_t>(line)});
        }
    }
    std::mt19937_64 dice_;
    std::pair<Kind, Word> last_{Kind::timer, 0};
};

/// All kinds of work, again and again: each system call, page faults, exceptions, slices, timeouts.
class Work {
public:
    Work(sim::World& w, int rounds) : rounds_(rounds) {
        const auto add = [&](std::uint16_t task, std::uint8_t prio, sim::Body body) {
            w.spawn({.task = task, .program = w.program(std::move(body)), .prio = prio});
        };
        add(5, 10, [this](User u) { return messages(u); });
        add(6, 10, [this](User u) { return answers(u); });
        add(7, 12, [this](User u) { return calls(u); });
        add(8, 12, [this](User u) { return maps(u); });
        victim_ = w.program([](User u) -> Program {
            co_await u.load8(0x20000000 + 0x1000 * (u.now().raw() % 16));
            co_await u.raise(L4_TRAP_INVALID_OP);
        });
    }
    int done = 0;

private:
    Program messages(User u);
    Program answers(User u);
    Program calls(User u);
    Program maps(User u);
    const int rounds_;
    sim::Entry victim_;
};

Program Work::messages(User u) {
    sim::MessageBuffer m(0x10000000, 8, 1);
    m.send(8, 1);
    m.set_string(0, {5000, 0x10001000, 0, 0});
    co_await u.put(m);
    for (int i = 0; i < rounds_; ++i) {
        const sim::IpcResult r =
            co_await u(sim::Ipc{.partner = b, .w0 = Word(i), .send = 0x10000000, .receive = 0});
        EXPECT_TRUE(r.ok() && r.w0 == Word(i) + 1);
        co_await u.compute(7);
    }
    ++done;
}

Program Work::answers(User u) {
    sim::MessageBuffer m(0x10000000, 8, 1);
    m.set_string(0, {0, 0, 6000, 0x10001000});
    co_await u.put(m);
    sim::IpcResult r = co_await u(sim::Ipc{.receive = 0x10000000 | L4_RCV_OPEN});
    for (;;)
        r = co_await u(
            sim::Ipc{.partner = r.from, .w0 = r.w0 + 1, .send = 0, .receive = 0x10000000 | L4_RCV_OPEN});
}

Program Work::calls(User u) {
    for (int i = 0; i < rounds_; ++i) {
        co_await u(sim::ExRegs{.target = 1, .esp = 0, .eip = victim_.eip, .pager = root});
        co_await u(sim::ThreadSwitch{.to = l4_threadid(7, 1)});
        co_await u(sim::ThreadSchedule{.thread = l4_threadid(7, 1)});
        co_await u(sim::IdNearest{.id = a});
        co_await u.sleep(sim::receive_timeout(Micros{50}));
    }
    ++done;
}

Program Work::maps(User u) {
    for (int i = 0; i < rounds_; ++i) {
        co_await u(sim::TaskNew{.task = l4_threadid(50, 0),
                                .mcp_or_chief = i % 2 ? root.low : l4_task_new_create(0, 0),
                                .eip = victim_.eip,
                                .pager = i % 2 ? l4_nil_id() : root});
        co_await u.store8(0x30000000, 1);
        co_await u(sim::Unmap{.fpage = l4_fpage(0x30000000, 20, 0), .mask = L4_FP_FLUSH});
        co_await u.compute(20);
    }
    ++done;
}

/// Counts what it gets of its line.
struct Handlers {
    explicit Handlers(sim::World& w) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const unsigned line = lines[i];
            w.spawn({.task = static_cast<std::uint16_t>(20 + i),
                     .program = w.program([this, line](User u) -> Program {
                         co_await u.attach(line);
                         for (;; ++got[line]) {
                             sim::IpcResult r;
                             if (line % 2)
                                 r = co_await u.receive(l4_irq_id(line));
                             else
                                 r = co_await u.wait();
                             EXPECT_TRUE(r.ok() && r.from_irq(line));
                         }
                     }),
                     .prio = static_cast<std::uint8_t>(
                         line % 4 == 1 ? 5 : 40 + line)}); // below and above the work
        }
    }
    std::array<std::uint64_t, 16> got{};
};

/// Root owns number 50; it gives it to task 8, who makes and deletes it.
template <class World>
void play(std::uint64_t seed, const kern::Limits& limits, int rounds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World w({.machine = {.kernel_pages = 512}, .limits = limits, .instruction_time = Micros{1}});
    Handlers handlers(w);
    EXPECT_EQ(w.run(100000), sim::End::idle); // all attach: what came before would be forgotten
    Work work(w, rounds);
    w.spawn({.task = L4_TASK_ROOT, .lthread = 1, .program = w.program([](User u) -> Program {
                 co_await u(sim::TaskNew{.task = l4_threadid(50, 0), .mcp_or_chief = d.low});
             })});
    Storm storm(w, seed);
    w.run(30000);
    storm.raging = false;
    w.run(200000);
    EXPECT_EQ(work.done, 3);
    for (const unsigned line : lines) {
        const Line l{static_cast<std::uint8_t>(line)};
        EXPECT_FALSE(w.kernel().irqs()[l].pending || w.machine().irqs().latched(l)) << "lost: line " << line;
        EXPECT_GT(handlers.got[line], 0u);
        EXPECT_LE(handlers.got[line], storm.raised[line]) << "invented: line " << line;
    }
    for (const Word call : {L4_VEC_IPC, L4_VEC_ID_NEAREST, L4_VEC_FPAGE_UNMAP, L4_VEC_THREAD_SWITCH,
                            L4_VEC_THREAD_SCHEDULE, L4_VEC_LTHREAD_EX_REGS, L4_VEC_TASK_NEW})
        EXPECT_TRUE(storm.struck.contains({Kind::syscall, call})) << "no interrupt after call " << call;
    for (const Kind kind : {Kind::page_fault, Kind::exception, Kind::irq, Kind::timer})
        EXPECT_TRUE(storm.struck.contains({kind, 0})) << "no interrupt after event " << int(kind);
    // Without bounds only a copy that met a page fault is resumed.
    EXPECT_TRUE(limits.bytes == ~0u || storm.struck.contains({Kind::resume, 0}));
}

TEST(Storm, OverEveryEventIsSurvivedAsTheSpecificationSays) {
    for (const std::uint64_t seed : {1, 2, 3}) play<test::CheckedWorld>(seed, kern::unlimited, 40);
}

TEST(Storm, BetweenTheStepsOfLongOperationsBreaksNoInvariant) {
    for (const std::uint64_t seed : {4, 5, 6}) {
        play<Watched>(seed, kern::Limits{}, 40);
        play<Watched>(seed, {64, 2, 1, 1, 1}, 40);
    }
}

} // namespace
} // namespace attack
