// SPDX-License-Identifier: BSD-2-Clause
// A task that does not want to die is killed in a bounded number of kernel entries (docs/semantics.md 5.2).
#include <gtest/gtest.h>

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

} // namespace
} // namespace attack
