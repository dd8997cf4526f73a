// SPDX-License-Identifier: BSD-2-Clause
// A task that does not want to die is killed in a bounded number of kernel entries (docs/semantics.md 5.2).
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <iterator>
#include <vector>

#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"
#include "test/attack/support/world.h"

namespace attack {
namespace {

constexpr std::uint64_t begin = 1000;
constexpr std::uint32_t patience = 20000; ///< steps; what is killed here takes a few hundred entries

/// Root deletes task A at time `begin`; true: it came back.
bool killed(sim::World& w) {
    bool done = false;
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await until(u, begin);
        EXPECT_TRUE((co_await u(deletion(a))).ok());
        done = true;
    });
    w.run(patience);
    return done && !exists(w, a);
}

/// Sends to `to`, and again as soon as it has waited and is told that there is nobody.
sim::Body insistent(l4_threadid_t to) {
    return [=](User u) -> Program {
        for (;;) {
            const std::uint64_t before = u.world().events();
            co_await u.send(to, 1, 2);
            const bool waited = u.world().events() > before + 1;
            if (!waited) co_await u.sleep();
        }
    };
}

TEST(Kill, EndsAlthoughSendersOfOtherTasksComeBackAtOnce) {
    Watched w({.limits = {.threads = 2}});
    w.spawn(5, 0, sim::park);
    for (const std::uint8_t i : {0, 1, 2, 3})
        w.spawn({.task = 6, .lthread = i, .program = w.program(insistent(a)), .prio = 100});
    EXPECT_TRUE(killed(w));
}

TEST(Kill, EndsAlthoughItsOwnThreadsSendToEachOtherAgain) {
    Watched w({.limits = {.threads = 2}});
    w.spawn(5, 0, sim::park);
    for (const std::uint8_t i : {1, 2, 3, 4})
        w.spawn({.task = 5, .lthread = i, .program = w.program(insistent(a)), .prio = 100});
    EXPECT_TRUE(killed(w));
}

/// More urgent than the killer, does something to stay alive whenever the killer is between two kernel
/// entries.
template <class Act>
void resist(sim::World& w, l4_threadid_t who, Act act) {
    w.spawn({.task = static_cast<std::uint16_t>(l4_id_task(who)),
             .lthread = static_cast<std::uint8_t>(l4_id_lthread(who)),
             .program = w.program([=](User u) -> Program {
                 co_await u.attach(Drumfire::line.raw());
                 for (;;) {
                     co_await u.receive(l4_irq_id(Drumfire::line.raw()));
                     co_await act(u);
                 }
             }),
             .prio = 100});
}

TEST(Kill, EndsAlthoughTheTaskMakesTasksMeanwhile) {
    Watched w({.machine = {.kernel_pages = 512}, .instruction_time = Micros{1}});
    Drumfire fire(w);
    constexpr std::uint16_t first = 20, last = 25;
    const sim::Entry idle = w.program(sim::park);
    unsigned made = 0;
    resist(w, a, [&](User u) -> sim::Routine<int> {
        std::uint16_t free = first;
        while (free <= last && exists(w, l4_threadid(free, 0))) ++free;
        if (free <= last)
            made += (co_await u(sim::TaskNew{.task = l4_threadid(free, 0),
                                             .mcp_or_chief = l4_task_new_create(0, 0),
                                             .eip = idle.eip,
                                             .pager = root}))
                        .ok();
        co_return 0;
    });
    w.spawn(L4_TASK_ROOT, 2, [&](User u) -> Program {
        for (std::uint16_t n = first; n <= last; ++n)
            EXPECT_TRUE((co_await u(sim::TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = a.low})).ok());
        co_await until(u, begin - 1);
        fire.begin();
    });
    EXPECT_TRUE(killed(w));
    EXPECT_GT(made, 0u);
}

TEST(Kill, EndsAlthoughTheTaskMakesThreadsMeanwhile) {
    Watched w({.machine = {.kernel_pages = 512}, .instruction_time = Micros{1}});
    Drumfire fire(w);
    Word next = 1;
    resist(w, l4_threadid(5, 127), [&](User u) -> sim::Routine<int> {
        co_await u(sim::ExRegs{.target = next, .pager = root});
        next = next == 126 ? 1 : next + 1;
        co_return 0;
    });
    w.spawn(L4_TASK_ROOT, 2, [&](User u) -> Program {
        co_await until(u, begin - 1);
        fire.begin();
    });
    EXPECT_TRUE(killed(w));
}

/// Its threads wait for messages, and are there for some entries still; but nobody can send to them.
TEST(Kill, NoMessageReachesItsThreadsMeanwhile) {
    Watched w({.limits = tiny, .instruction_time = Micros{1}});
    Drumfire fire(w);
    for (const std::uint8_t i : {0, 1, 2, 3, 4})
        w.spawn({.task = 5, .lthread = i, .program = w.program([](User u) -> Program {
                     for (;;) co_await u.wait();
                 })});
    unsigned waiting = 0;
    resist(w, b, [&](User u) -> sim::Routine<int> {
        for (const std::uint8_t i : {1, 2, 3, 4}) {
            const l4_threadid_t id = l4_threadid(5, i);
            const kern::Task* const task = w.kernel().tasks().task(kern::TaskNo{5});
            const kern::Thread* const to = w.kernel().tasks().thread(kern::ThreadId::of(id));
            if (!task || !task->dying()) continue;
            waiting += to != nullptr && to->wait().what == For::receive_any;
            const auto result =
                co_await u(sim::Ipc{.partner = id, .w0 = 1, .send = 0, .timeout = L4_TIMEOUT_SND_ZERO});
            EXPECT_EQ(result.error(), std::uint32_t{L4_IPC_ENOT_EXISTENT});
        }
        co_return 0;
    });
    w.spawn(L4_TASK_ROOT, 2, [&](User u) -> Program {
        co_await until(u, begin - 1);
        fire.begin();
    });
    EXPECT_TRUE(killed(w));
    EXPECT_GT(waiting, 0u) << "nobody was there to be sent to";
}

/// What lthread_ex_regs could change of a thread.
struct Seen {
    explicit Seen(const kern::Thread& t)
        : frame(t.frame),
          wait(t.wait()),
          flags{t.alien(), t.triggered(), t.stop()},
          tls(t.tls()),
          fpu(t.fpu),
          pager(t.pager()) {}
    bool operator==(const Seen& o) const {
        return std::memcmp(&frame, &o.frame, sizeof frame) == 0 && wait == o.wait && flags == o.flags &&
               tls == o.tls && fpu == o.fpu && sim::same(pager, o.pager);
    }
    arch::Frame frame;
    kern::Wait wait;
    std::array<bool, 3> flags;
    std::array<std::uint64_t, 3> tls;
    arch::FpuState fpu;
    l4_threadid_t pager;
};

std::vector<Seen> threads_of(sim::World& w, l4_threadid_t who) {
    std::vector<Seen> all;
    const kern::Task* const task = w.kernel().tasks().task(kern::ThreadId::of(who).task);
    if (task) task->present().for_each([&](const kern::Thread& t) { all.emplace_back(t); });
    return all;
}

/// B, the pager of task A, asks for something else of another of its threads each time.
struct Outsider {
    static constexpr Word targets[] = {0, 1, 3, 40}; ///< the last is none
    static constexpr Word flags[] = {0,
                                     L4_EX_REGS_NO_CANCEL,
                                     L4_EX_REGS_STOP,
                                     L4_EX_REGS_STATE_GET | L4_EX_REGS_FPU_GET,
                                     L4_EX_REGS_STATE_SET | L4_EX_REGS_FPU_SET | L4_EX_REGS_TLS,
                                     L4_EX_REGS_FPU_RESET,
                                     L4_EX_REGS_RAISE_EXCEPTION,
                                     L4_EX_REGS_ALIEN};
    unsigned allowed = 0, refused = 0, survivors = 0;

    /// Asks once; true: it was allowed.  While A is being killed it is not, and nothing of A changes.
    sim::Routine<bool> ask(User u) {
        sim::World& w = u.world();
        const kern::Task* const task = w.kernel().tasks().task(kern::ThreadId::of(a).task);
        const bool dying = task && task->dying();
        const sim::ExRegs call{.target = l4_ex_regs_target(5, targets[next_ % 4]) | flags[next_ / 4 % 8],
                               .esp = 0x1111,
                               .eip = next_ % 3 == 0 ? L4_EX_REGS_KEEP : 0x2222,
                               .pager = b,
                               .preempter = root};
        next_ += 1;
        const std::vector<Seen> before = threads_of(w, a);
        const sim::ExRegsResult out = co_await u(call);
        (out.ok() ? allowed : refused) += 1;
        EXPECT_EQ(out.ok(), !dying && task != nullptr);
        if (!dying) co_return out.ok();
        survivors += !before.empty();
        EXPECT_TRUE(threads_of(w, a) == before);
        EXPECT_TRUE(out.esp == call.esp && out.eip == call.eip && sim::same(out.pager, call.pager) &&
                    sim::same(out.preempter, call.preempter));
        co_return out.ok();
    }

private:
    unsigned next_ = 0;
};

/// docs/semantics.md 13.1: refused, whatever it asks for and however much of the task is still there.
TEST(Kill, KeepsItsPagersTaskOutMeanwhile) {
    Watched w({.machine = {.kernel_pages = 512}, .limits = tiny, .instruction_time = Micros{1}});
    Drumfire fire(w);
    Outsider outsider;
    l4_utcb_t mine{}, after{};
    mine.status = L4_UTCB_TIME_LIMIT;
    mine.snd_size = L4_UTCB_STATE_WORDS;
    std::memset(&mine.state, 0x12, sizeof mine.state);
    mine.tls[1] = 0x00cff200;
    arch::FpuState fpu{}, fpu_after{};
    fpu.bytes.fill(std::byte{0x77});
    resist(w, b, [&](User u) -> sim::Routine<int> {
        co_await u.utcb().store(mine);
        co_await u.set_fpu(fpu);
        if (co_await outsider.ask(u)) co_return 0;
        co_await u.utcb().load(after);
        co_await u.get_fpu(fpu_after);
        EXPECT_TRUE(std::memcmp(&after, &mine, sizeof after) == 0 && fpu_after == fpu);
        co_return 0;
    });
    w.run();
    const kern::Account& roots = w.kernel().tasks().task(kern::TaskNo{L4_TASK_ROOT})->account();
    const Word before = roots.used() - roots.thread_frames();
    w.spawn({.task = 5, .program = w.program(sim::park), .quota = 60, .pager = b});
    for (const std::uint8_t i : {1, 2, 3, 4})
        w.spawn({.task = 5, .lthread = i, .program = w.program(sim::park), .pager = b});
    w.run();
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        fire.begin();
        EXPECT_TRUE((co_await u(deletion(a))).ok());
        fire.end();
    });
    w.run(10 * patience);
    EXPECT_FALSE(exists(w, a));
    EXPECT_GT(outsider.refused, std::size(Outsider::targets) * std::size(Outsider::flags));
    EXPECT_GT(outsider.survivors, 3u) << "of the task were no threads left";
    EXPECT_EQ(roots.used() - roots.thread_frames(), before);
}

/// While A is killed, to become B's, another thread of the killer kills B.
TEST(Kill, EndsThoughTheNewChiefGoesMeanwhile) {
    Watched w({.limits = tiny});
    Drumfire fire(w);
    w.spawn(5, 0, sim::park);
    w.spawn(6, 0, sim::park);
    bool begun = false;
    const auto spoiler = [&](User u) -> Program {
        co_await u.attach(Drumfire::line.raw());
        co_await u.receive(l4_irq_id(Drumfire::line.raw()));
        fire.end();
        begun = exists(w, a) && w.kernel().tasks().task(kern::TaskNo{5})->dying();
        EXPECT_TRUE((co_await u(deletion(b))).ok());
    };
    w.spawn({.task = L4_TASK_ROOT, .lthread = 2, .program = w.program(spoiler), .prio = 100});
    sim::TaskNewResult result{};
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await until(u, begin);
        fire.begin();
        result = co_await u(sim::TaskNew{.task = a, .mcp_or_chief = b.low});
    });
    w.run(patience);
    EXPECT_TRUE(begun);
    EXPECT_EQ(result.eax, std::uint32_t{L4_TASK_NEW_EINVAL});
    EXPECT_FALSE(exists(w, a)) << "half killed";
    EXPECT_FALSE(exists(w, b));
}

/// docs/semantics.md 5.1: whoever gave it a number would never have that back.
TEST(Kill, IsGivenNoNumbersMeanwhile) {
    Watched w({.limits = tiny, .instruction_time = Micros{1}});
    Drumfire fire(w);
    constexpr std::uint16_t number = 20;
    for (const std::uint8_t i : {0, 1, 2, 3}) w.spawn(5, i, sim::park);
    unsigned refused = 0;
    resist(w, l4_threadid(L4_TASK_ROOT, 3), [&](User u) -> sim::Routine<int> {
        const kern::Task* const task = w.kernel().tasks().task(kern::TaskNo{5});
        if (!task || !task->dying()) co_return 0;
        const auto result = co_await u(sim::TaskNew{.task = l4_threadid(number, 0), .mcp_or_chief = a.low});
        EXPECT_EQ(result.eax, std::uint32_t{L4_TASK_NEW_EINVAL});
        ++refused;
        co_return 0;
    });
    w.spawn(L4_TASK_ROOT, 2, [&](User u) -> Program {
        co_await until(u, begin - 1);
        fire.begin();
    });
    EXPECT_TRUE(killed(w));
    EXPECT_GT(refused, 3u);
    EXPECT_EQ(w.kernel().tasks().chief(kern::TaskNo{number}), kern::TaskNo{L4_TASK_ROOT});
}

} // namespace
} // namespace attack
