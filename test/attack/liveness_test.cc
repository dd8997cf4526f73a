// SPDX-License-Identifier: BSD-2-Clause
// Every ready thread of the highest priority gets its turn, and no timeout is lost (docs/semantics.md
// 3, 7.10, testing V11).
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "sim/message_buffer.h"
#include "test/attack/support/world.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

constexpr std::uint64_t slice = L4_SLICE_DEFAULT_US;

/// How long threads that are ready, and of the highest priority that is, wait for the processor.
class Turns : private sim::Observer {
public:
    Turns(sim::World& w, std::vector<l4_threadid_t> threads) : threads_(std::move(threads)) {
        w.observe(*this);
    }
    std::uint64_t longest = 0;

private:
    void after(sim::World& w, const kern::Event&, const kern::Thread& next) override {
        for (const l4_threadid_t id : threads_) {
            const kern::Thread* const t = w.find(id);
            const bool waits = t && t->ready() && t != &next && !next.idle() && t->prio() >= next.prio();
            const auto [since, fresh] = since_.try_emplace(id.low, w.now().raw());
            if (!waits)
                since_.erase(since);
            else
                longest = std::max(longest, w.now().raw() - since->second);
        }
    }
    std::vector<l4_threadid_t> threads_;
    std::map<Word, std::uint64_t> since_;
};

/// Computes, yields, lends its time, sends, sleeps, at random.
sim::Body busy(std::uint64_t seed, const std::vector<l4_threadid_t>& others) {
    return [=](User u) -> Program {
        std::mt19937_64 dice(seed);
        for (;;) {
            const l4_threadid_t other = others[dice() % others.size()];
            switch (dice() % 6) {
                case 0: co_await u(sim::ThreadSwitch{}); break;
                case 1: co_await u(sim::ThreadSwitch{.to = other}); break;
                case 2: co_await u.send(other, 1, 2, sim::send_timeout(Micros{dice() % 3000})); break;
                case 3: co_await u.wait(sim::receive_timeout(Micros{dice() % 3000})); break;
                default: co_await u.compute(static_cast<Word>(1 + dice() % (2 * slice)));
            }
        }
    };
}

TEST(Liveness, EveryReadyThreadOfTheHighestPriorityRunsWithinTheSlicesOfItsPeers) {
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        test::CheckedWorld w({.instruction_time = Micros{1}});
        std::vector<l4_threadid_t> all;
        for (std::uint16_t task = 5; task < 11; ++task) all.push_back(l4_threadid(task, 0));
        for (std::size_t i = 0; i < all.size(); ++i)
            w.spawn({.task = static_cast<std::uint16_t>(5 + i),
                     .program = w.program(busy(seed * 100 + i, all)),
                     .prio = 12});
        Turns turns(w, all);
        w.run(20000);
        EXPECT_GT(w.now().raw(), 100 * slice);
        EXPECT_LE(turns.longest, all.size() * (slice + 10));
        EXPECT_GT(turns.longest, slice / 2) << "nobody had to wait: no test";
    }
}

/// Sleeps, sends to who does not listen, waits for who does not speak: each ends when its time is over.
struct Patient {
    unsigned done = 0;
    std::uint64_t latest = 0; ///< end after the deadline
    sim::Body body(std::uint64_t seed) {
        return [=, this](User u) -> Program {
            std::mt19937_64 dice(seed);
            for (int i = 0; i < 50; ++i) {
                // Spans that the format holds exactly.
                const Micros span{(1 + dice() % 255) * 4};
                const std::uint64_t deadline = u.now().raw() + span.raw();
                switch (dice() % 3) {
                    case 0: co_await u.sleep(sim::receive_timeout(span)); break;
                    case 1: co_await u.send(d, 1, 2, sim::send_timeout(span)); break;
                    default: co_await u.receive(d, sim::receive_timeout(span)); break;
                }
                const std::uint64_t now = u.now().raw();
                EXPECT_GE(now + 2, deadline);
                latest = std::max(latest, now - std::min(now, deadline));
                ++done;
            }
        };
    }
};

TEST(Liveness, NoTimeoutIsLostOrLate) {
    for (const kern::Limits& limits : {kern::unlimited, kern::Limits{}, tiny}) {
        Watched w({.machine = {.kernel_pages = 512}, .limits = limits, .instruction_time = Micros{1}});
        Patient patient;
        constexpr unsigned threads = 60;
        w.spawn(8, 0, sim::park);
        w.spawn(9, 0, [](User u) -> Program {
            for (;;) co_await u.compute(1000);
        });
        for (unsigned i = 0; i < threads; ++i)
            w.spawn({.task = 6,
                     .lthread = static_cast<std::uint8_t>(1 + i),
                     .program = w.program(patient.body(i)),
                     .prio = 100});
        w.run(40000);
        EXPECT_EQ(patient.done, threads * 50);
        EXPECT_LE(patient.latest, 2u * threads) << "no more than each of the others' instruction";
    }
}

/// What the rule "the sender moves the message" leaves open (docs/threat-model.md, V11): a receiver of high
/// priority waits for the sender of low priority to get the processor, and somebody in between can see to it
/// that it does not.
TEST(Liveness, OfAReceiverInATransferIsItsSenders) {
    Watched w({.machine = {.user_pages = 128}, .instruction_time = Micros{1}});
    std::uint64_t received = 0;
    constexpr Word buffer = 0x10000000, size = 0x8000;
    constexpr std::uint64_t begin = 1000, hog = 50000;
    w.spawn({.task = 5,
             .program = w.program([&](User u) -> Program {
                 sim::MessageBuffer m(buffer, 2, 1);
                 m.set_string(0, {0, 0, size, buffer + 0x1000});
                 co_await u.put(m);
                 for (Word i = 0; i < size; i += 0x1000) co_await u.store8(buffer + 0x1000 + i, 1);
                 co_await u(sim::Ipc{.receive = buffer | L4_RCV_OPEN});
                 received = u.now().raw();
             }),
             .prio = 200});
    w.spawn({.task = 6,
             .program = w.program([&](User u) -> Program {
                 sim::MessageBuffer m(buffer, 2, 1);
                 m.send(2, 1);
                 m.set_string(0, {size, buffer + 0x1000, 0, 0});
                 co_await u.put(m);
                 for (Word i = 0; i < size; i += 0x1000) co_await u.store8(buffer + 0x1000 + i, 1);
                 co_await until(u, begin);
                 w.at(u.now(), Line{3});
                 co_await u(sim::Ipc{.partner = a, .send = buffer});
             }),
             .prio = 10});
    w.spawn({.task = 7,
             .program = w.program([&](User u) -> Program {
                 co_await u.attach(3);
                 co_await u.receive(l4_irq_id(3));
                 co_await u.compute(hog);
             }),
             .prio = 100});
    struct Late : sim::Interrupts {
        unsigned windows = 5;
        bool now(sim::World& x, Line l) override {
            if (l != Line{3}) return true;
            return x.current().in_kernel() && windows-- == 0;
        }
    } late;
    w.set_interrupts(&late);
    w.run();
    EXPECT_GE(received, begin + hog);
}

/// A time limit that passes in the midst of a thread's operation is due when that is over; who gives a later
/// one meanwhile replaces it (15.2).  A takes pages back from B; its handler's thread comes between.
TEST(TimeLimit, ThatPassesInAnOperationCanStillBeReplaced) {
    constexpr Word treasure = 0x10000000, page = 0x1000, count = 16, log2 = L4_PAGE_SHIFT + 4;
    constexpr std::uint64_t far = 1000000;
    for (const bool replaced : {true, false}) {
        Watched w({.limits = tiny, .instruction_time = kern::Micros{1}});
        Drumfire fire(w);
        unsigned exceptions = 0, shots = 0;
        w.spawn(6, 0, [](User u) -> Program {
            for (;;) co_await u(sim::Ipc{.receive = User::rmap(L4_FP_WHOLE_SPACE) | L4_RCV_OPEN});
        });
        w.spawn(7, 0, [&](User u) -> Program {
            l4_utcb_t mine{};
            mine.status = L4_UTCB_EXCEPTIONS;
            co_await u.utcb().store(mine);
            for (;; ++exceptions) co_await u.wait();
        });
        const auto limit = [](User u, std::uint64_t at) -> sim::Routine<int> {
            l4_utcb_t mine{};
            mine.status = L4_UTCB_TIME_LIMIT;
            mine.time_limit[0] = static_cast<Word>(at);
            co_await u.utcb().store(mine);
            co_await u(
                sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL});
            co_return 0;
        };
        w.spawn({.task = 7,
                 .lthread = 1,
                 .program = w.program([&](User u) -> Program {
                     co_await u.attach(Drumfire::line.raw());
                     co_await u.receive(l4_irq_id(Drumfire::line.raw()));
                     const std::uint64_t soon = u.now().raw() + 20;
                     co_await limit(u, soon);
                     while (u.now().raw() <= soon + 5) co_await u.receive(l4_irq_id(Drumfire::line.raw()));
                     EXPECT_NE(w.find(a)->op(), kern::Op::none) << "A's operation is over too early";
                     if (replaced) co_await limit(u, far);
                     for (;; ++shots) co_await u.receive(l4_irq_id(Drumfire::line.raw()));
                 }),
                 .prio = 200});
        w.run();
        w.spawn({.task = 5, .program = w.program([&](User u) -> Program {
                     for (Word i = 0; i < count; ++i) co_await u.store32(treasure + i * page, i);
                     co_await u.send_fpage(b, treasure, l4_fpage(treasure, log2, L4_FP_WRITE));
                     co_await u(sim::ExRegs{.pager = c});
                     fire.begin();
                     co_await u(sim::Unmap{.fpage = l4_fpage(treasure, log2, 0), .mask = L4_FP_FLUSH});
                     fire.end();
                     co_await u.compute(10);
                 })});
        w.run(200000);
        EXPECT_GT(shots, 0u);
        EXPECT_EQ(exceptions, replaced ? 0u : 1u);
    }
}

} // namespace
} // namespace attack
