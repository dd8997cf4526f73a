// SPDX-License-Identifier: BSD-2-Clause
// How threads are named, and what is there at boot.
#include <gtest/gtest.h>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/stage.h"

namespace conformance::system {
namespace {
using sim::IpcResult;

TEST(ThreadId, OnlyTaskAndLthreadAreLookedAt) {
    ABI_ROW(id_only_task_and_lthread_count);
    World w;
    const l4_threadid_t strange{
        b.low | L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK,
        L4_ID_SITE_MASK | (L4_ID_CHIEF_MASK & ~L4_IPC_ID_FLAGS_MASK) | L4_ID_NEST_MASK};
    IpcResult sent{.dope = ~0u}, got{.dope = ~0u};
    w.spawn(6, [&](User u) -> Program { got = co_await u.wait(); });
    w.spawn(5, [&](User u) -> Program { sent = co_await u.send(strange, 1, 2); });
    w.run();
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(got.dope, l4_msgdope(2, 0));
    EXPECT_EQ(got.w0, 1u);
    EXPECT_EQ(bits(got.from), bits(reported(5, 0, 4)));
}

TEST(ThreadId, IsReportedWithItsChiefAndNest) {
    ABI_ROW(id_as_reported);
    Stage s;
    s.spawn(5);
    s.spawn(6);
    Clan clan(s);
    IpcResult of_child, of_grandchild;
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 20);
        Stage::Ticket wait = co_await s.begin(u, b, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.call(u, a, sim::Ipc{.partner = b, .send = 0});
        co_await settle(u);
        of_child = s.result<sim::Ipc>(wait);
        wait = co_await s.begin(u, b, sim::Ipc{.receive = L4_RCV_OPEN});
        co_await s.call(u, l4_threadid(20, 0), sim::Ipc{.partner = b, .send = 0});
        co_await settle(u);
        of_grandchild = s.result<sim::Ipc>(wait);
    });
    EXPECT_EQ(bits(of_child.from), bits(reported(5, 0, L4_TASK_ROOT, 0)));
    EXPECT_EQ(bits(of_grandchild.from), bits(reported(20, 0, 5, 1)));
}

TEST(ThreadId, OfTask0NamesNobody) {
    ABI_ROW(id_of_task_0_names_nobody);
    World w;
    IpcResult sent;
    w.spawn(5, [&](User u) -> Program { sent = co_await u.send(l4_threadid(0, 5), 1, 2); });
    w.run();
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
}

TEST(ThreadId, OfAnInterruptHasNothingInTheHighWord) {
    ABI_ROW(id_irq_needs_high_word_0);
    constexpr unsigned line = 3;
    for (const std::uint32_t high : {1u, 1u << 23, 1u << 27, 1u << 28, 1u << 31}) {
        World w;
        IpcResult got;
        const l4_threadid_t almost{l4_irq_id(line).low, high};
        w.spawn(5, [&](User u) -> Program { got = co_await u.receive(almost, L4_TIMEOUT_RCV_ZERO); });
        w.run();
        EXPECT_EQ(got.dope, L4_IPC_ENOT_EXISTENT) << std::hex << high;
        EXPECT_EQ(w.kernel().irqs()[Line{line}].owner, nullptr);
        EXPECT_TRUE(w.machine().irqs().masked(Line{line}));
    }
}

TEST(ThreadId, OfAnInterruptMayCarryTimeoutFlags) {
    World w;
    IpcResult got;
    const l4_threadid_t flagged{l4_irq_id(3).low, L4_IPC_NEXT_PERIOD | L4_IPC_PREEMPTION};
    w.spawn(5, [&](User u) -> Program { got = co_await u.receive(flagged, L4_TIMEOUT_RCV_ZERO); });
    w.run();
    EXPECT_EQ(got.dope, L4_IPC_RETIMEOUT);
    EXPECT_NE(w.kernel().irqs()[Line{3}].owner, nullptr);
}

TEST(Boot, RootRunsFirstAndSigma0Next) {
    ABI_ROW(boot_root);
    sim::ScheduleResult self, raised;
    sim::ExRegsResult regs;
    sim::NearestResult id;
    bool sigma0_ran = false, sigma0_behind = false;
    const sim::Body root_program = [&](User u) -> Program {
        const kern::Kernel& k = u.world().kernel();
        std::vector<std::uint16_t> queue;
        k.scheduler().for_each(kern::Prio{L4_PRIO_ROOT},
                               [&](const kern::Thread& t) { queue.push_back(t.task_no().raw()); });
        sigma0_behind = !sigma0_ran && queue == std::vector<std::uint16_t>{L4_TASK_ROOT, L4_TASK_SIGMA0};
        self = co_await u(sim::ThreadSchedule{.thread = root});
        regs = co_await u(sim::ExRegs{.target = 0});
        id = co_await u(sim::IdNearest{});
        raised = co_await u(sim::ThreadSchedule{.thread = root, .param = l4_sched_param(255, 39, 11)});
        raised = co_await u(sim::ThreadSchedule{.thread = root});
    };
    World w({.sigma0 = [&](User) -> Program {
                 sigma0_ran = true;
                 co_return;
             },
             .root = root_program});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_TRUE(sigma0_behind);
    EXPECT_TRUE(sigma0_ran);
    EXPECT_EQ(self.prio(), L4_PRIO_ROOT);
    EXPECT_EQ(raised.prio(), 255u);
    EXPECT_EQ(bits(regs.pager), bits(reported(L4_TASK_SIGMA0, 0, L4_TASK_ROOT)));
    EXPECT_EQ(id.type, L4_NC_SAME_CLAN);
    EXPECT_EQ(bits(id.id), bits(reported(L4_TASK_ROOT, 0, L4_TASK_KERNEL)));
}

TEST(Boot, Sigma0IsAChildOfRootThatControlsNobody) {
    ABI_ROW(boot_sigma0);
    sim::ScheduleResult seen_by_root, own;
    IpcResult got;
    World w({.sigma0 = [&](User u) -> Program {
                 own = co_await u(sim::ThreadSchedule{.thread = sigma0, .param = l4_sched_param(1, 39, 11)});
                 co_await u.send(root, 1, 2);
             },
             .root = [&](User u) -> Program {
                 seen_by_root = co_await u(sim::ThreadSchedule{.thread = sigma0});
                 got = co_await u.wait();
             }});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(seen_by_root.prio(), L4_PRIO_SIGMA0);
    EXPECT_EQ(bits(got.from), bits(reported(L4_TASK_SIGMA0, 0, L4_TASK_ROOT)));
    EXPECT_EQ(own.param, L4_SCHED_ERROR);
}

TEST(Boot, RootOwnsEveryNumberAboveItsOwn) {
    ABI_ROW(boot_numbers_belong_to_root);
    sim::TaskNewResult first, last;
    World w({.root = [&](User u) -> Program {
        first = co_await u(sim::TaskNew{.task = l4_threadid(5, 0), .pager = root});
        last = co_await u(sim::TaskNew{.task = l4_threadid(L4_TASKS - 1, 0), .pager = root});
    }});
    w.run(100);
    EXPECT_EQ(bits(first.id), bits(reported(5, 0, L4_TASK_ROOT)));
    EXPECT_EQ(bits(last.id), bits(reported(L4_TASKS - 1, 0, L4_TASK_ROOT)));
    EXPECT_EQ(first.eax, 0u);
    EXPECT_EQ(last.eax, 0u);
    for (unsigned n = L4_TASK_FIRST_USER; n < L4_TASKS; ++n)
        ASSERT_EQ(w.kernel().tasks().chief(kern::TaskNo{static_cast<std::uint16_t>(n)}).raw(), L4_TASK_ROOT);
}

} // namespace
} // namespace conformance::system
