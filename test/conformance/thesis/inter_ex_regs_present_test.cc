// SPDX-License-Identifier: BSD-2-Clause
// Threads that another task has created are threads of their own task, also when it ends: the kernel of the
// thesis hung there before it was mended (thesis 4.1.1; docs/semantics.md 2.6, 5.2, 13.2).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kern/task.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

Program asleep(User u) { co_await u.sleep(); }

/// E makes these threads, those of A (its numbers 10 and above) and its own (below 10), in that order.
struct Mixed {
    World w;
    std::vector<Word> order{1, 17, 2, 13, 15, 3, 14};
    std::string ended; ///< whose thread, as it ended: told by who waited to send to it

    explicit Mixed(l4_threadid_t pager_of_new = e) {
        const sim::Entry sleeper = w.program(asleep);
        w.start(a, asleep, {.pager = e});
        w.start(e, [this, sleeper, pager_of_new](User u) -> Program {
            co_await until(u, 1000);
            for (const Word i : order) {
                const Word target = i < 10 ? l4_ex_regs_target(0, i) : l4_ex_regs_target(5, i - 10);
                const sim::ExRegsResult made = co_await u(
                    sim::ExRegs{.target = target, .esp = 0, .eip = sleeper.eip, .pager = pager_of_new});
                EXPECT_EQ(made.eflags, 0u) << i;
            }
        });
        w.run();
    }
    std::vector<Word> present(l4_threadid_t task) {
        std::vector<Word> lthreads;
        const kern::Task& of = w.thread(task).task();
        of.present().for_each([&](const kern::Thread& t) {
            EXPECT_EQ(t.task_no(), of.no());
            lthreads.push_back(t.lthread());
        });
        return lthreads;
    }
    /// A thread of root that waits for each, in reverse order of the ends.
    void wait_for(std::vector<l4_threadid_t> threads) {
        std::uint8_t lthread = 100;
        for (const l4_threadid_t id : threads)
            w.spawn(L4_TASK_ROOT, lthread++, [this, id](User u) -> Program {
                const IpcResult r = co_await u.send(id, 0, 0);
                EXPECT_EQ(r.dope, L4_IPC_ENOT_EXISTENT);
                ended += std::to_string(l4_id_task(id)) + '.' + std::to_string(l4_id_lthread(id)) + ' ';
            });
        w.run();
        EXPECT_EQ(ended, "");
    }
};

TEST(PresentList, HoldsTheThreadsOfTheTaskWhoeverMadeThem) {
    ABI_ROW(inter_ex_regs_present_list);
    Mixed m;
    EXPECT_EQ(m.present(a), (std::vector<Word>{0, 7, 3, 5, 4}));
    EXPECT_EQ(m.present(e), (std::vector<Word>{0, 1, 2, 3}));
}

TEST(PresentList, EndsWithItsTaskThread0First) {
    ABI_ROW(inter_ex_regs_present_list);
    Mixed m;
    m.wait_for({l4_threadid(5, 4), l4_threadid(9, 1), l4_threadid(5, 3), l4_threadid(5, 0), l4_threadid(5, 7),
                l4_threadid(9, 3), l4_threadid(5, 5)});
    m.w.as_root(deletion(a));
    EXPECT_EQ(m.ended, "5.0 5.7 5.3 5.5 5.4 ");
    EXPECT_EQ(m.present(e), (std::vector<Word>{0, 1, 2, 3}));
    EXPECT_EQ(m.w.find(l4_threadid(5, 7)), nullptr);
}

TEST(PresentList, OfTheCreatorEndsWithoutThem) {
    ABI_ROW(inter_ex_regs_present_list);
    Mixed m;
    m.wait_for(
        {l4_threadid(9, 3), l4_threadid(5, 3), l4_threadid(9, 0), l4_threadid(9, 1), l4_threadid(9, 2)});
    m.w.as_root(deletion(e));
    EXPECT_EQ(m.ended, "9.0 9.1 9.2 9.3 ");
    EXPECT_EQ(m.present(a), (std::vector<Word>{0, 7, 3, 5, 4}));
    m.w.as_root(deletion(a));
    EXPECT_EQ(m.ended, "9.0 9.1 9.2 9.3 5.3 ");
}

TEST(PresentList, ShutsDownInEitherOrderAndTheNumbersCanBeUsedAgain) {
    ABI_ROW(inter_ex_regs_present_list);
    for (const bool creator_first : {false, true}) {
        Mixed m;
        for (int round = 0; round < 2; ++round) {
            m.w.as_root(deletion(creator_first ? e : a));
            m.w.as_root(deletion(creator_first ? a : e));
            EXPECT_EQ(m.w.find(a), nullptr);
            EXPECT_EQ(m.w.find(e), nullptr);
            bool again = false;
            m.w.play({{a,
                       [&](User) -> Program {
                           again = true;
                           co_return;
                       }},
                      {e, asleep}});
            EXPECT_TRUE(again);
            EXPECT_EQ(m.present(a), (std::vector<Word>{0}));
        }
    }
}

} // namespace
} // namespace conformance::thesis
