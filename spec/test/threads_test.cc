// SPDX-License-Identifier: BSD-2-Clause
// Boot, scheduling, ids, threads and tasks.
#include "spec/test/driver.h"

namespace spec {
namespace {

class Threads : public Driver {};

TEST_F(Threads, Boot) {
    const Observation seen = system.observe();
    EXPECT_EQ(seen.current, root);
    EXPECT_EQ(seen.ready, (std::map<Word, std::vector<ThreadName>>{{16, {root, sigma0}}}));
    EXPECT_EQ(seen.threads.at(root).mcp, 255u);
    EXPECT_EQ(seen.threads.at(sigma0).mcp, 0u);
    EXPECT_EQ(seen.tasks.at(L4_TASK_SIGMA0).chief, L4_TASK_ROOT);
    EXPECT_EQ(seen.tasks.at(L4_TASK_ROOT).account.used, L4_KMEM_TASK + 1);
    EXPECT_EQ(seen.tasks.at(L4_TASK_ROOT).account.limit, 1024u - 128u);
    EXPECT_EQ(seen.timer, 10'000u);
    EXPECT_EQ(system.check(), "");
}

TEST_F(Threads, RoundRobinWhenTheSliceEnds) {
    now = 9'999;
    handle(Event::timer());
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(system.timer(), 10'000u);
    now = 10'004;
    handle(Event::timer());
    EXPECT_EQ(system.current(), sigma0);
    EXPECT_EQ(view(root).remaining, 10'000u);
    EXPECT_EQ(view(root).consumed, 10'004u);
    EXPECT_EQ(system.timer(), 20'004u);
}

TEST_F(Threads, AnEmptySliceWaitsForTheTimer) {
    now = 20'000;
    syscall(L4_VEC_ID_NEAREST, {});
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(view(root).remaining, 0u);
    EXPECT_EQ(system.timer(), 20'000u);
}

TEST_F(Threads, DonationUsesTheDonorsSlice) {
    const ThreadName other = start_thread(1);
    now = 1'000;
    syscall(L4_VEC_THREAD_SWITCH, {.esi = low(other)});
    EXPECT_EQ(system.current(), other);
    EXPECT_EQ(system.observe().donation, std::pair(root, other));
    EXPECT_EQ(system.registers(root).ecx, 9'000u);
    now = 10'000;
    EXPECT_EQ(system.timer(), 10'000u);
    handle(Event::timer());
    EXPECT_EQ(system.current(), sigma0);
    EXPECT_FALSE(system.observe().donation);
    EXPECT_EQ(view(other).consumed, 9'000u);
    EXPECT_EQ(view(other).remaining, 10'000u);
}

TEST_F(Threads, ThreadScheduleReportsAndSets) {
    const ThreadName other = start_thread(1);
    syscall(L4_VEC_THREAD_SCHEDULE, {.eax = L4_SCHED_QUERY, .ebx = L4_INVALID_LOW, .esi = low(other)});
    EXPECT_EQ(eax(root), l4_sched_param(16, 156, 12));
    syscall(L4_VEC_THREAD_SCHEDULE,
            {.eax = l4_sched_param(17, 1, 15), .ebx = L4_INVALID_LOW, .esi = low(other)});
    EXPECT_EQ(system.current(), other);
    EXPECT_EQ(view(other).slice, 1'000u);
    syscall(L4_VEC_THREAD_SCHEDULE, {.eax = 1u << L4_SCHED_MODE_SHIFT, .esi = low(other)});
    EXPECT_EQ(eax(other), L4_SCHED_ERROR);
}

TEST_F(Threads, IdNearest) {
    start_task(5);
    run({5, 0});
    syscall(L4_VEC_ID_NEAREST, {.esi = low(sigma0)});
    EXPECT_EQ(eax({5, 0}), L4_NC_SAME_CLAN);
    syscall(L4_VEC_ID_NEAREST, {.esi = low(root)});
    EXPECT_EQ(eax({5, 0}), L4_NC_OUTER_CLAN);
    EXPECT_EQ(system.registers({5, 0}).esi, low(root));
    syscall(L4_VEC_ID_NEAREST, {.esi = L4_INVALID_LOW});
    EXPECT_EQ(eax({5, 0}), L4_NC_OUTER_CLAN);
    syscall(L4_VEC_ID_NEAREST, {});
    EXPECT_EQ(system.registers({5, 0}).esi, low({5, 0}));
}

TEST_F(Threads, ExRegsReportsTheOldAndCancels) {
    const ThreadName other = start_thread(1);
    run(other);
    wait_open();
    run(root);
    syscall(L4_VEC_LTHREAD_EX_REGS,
            {.eax = 1, .ebx = L4_INVALID_LOW, .ecx = 0x5000, .edx = 0x6000, .esi = low(sigma0)});
    const Registers& r = system.registers(root);
    EXPECT_EQ(r.eax, 0x202u);
    EXPECT_EQ(r.ecx, 0x2000u);
    EXPECT_EQ(r.edx, 0x1000u);
    EXPECT_EQ(eax(other), L4_IPC_RECANCELED);
    EXPECT_EQ(state(other), "ready");
    EXPECT_EQ(view(other).pager, (Id{low(sigma0), 0}));
    EXPECT_EQ(system.registers(other).eip, 0x6000u);
}

TEST_F(Threads, ThreadsCostASlabFrameForThree) {
    start_thread(1);
    start_thread(2);
    EXPECT_EQ(task(L4_TASK_ROOT).account.used, L4_KMEM_TASK + 1);
    start_thread(3);
    EXPECT_EQ(task(L4_TASK_ROOT).account.used, L4_KMEM_TASK + 2);
}

TEST_F(Threads, KillTakesTheTasksBelowAndReturnsEverything) {
    const Word before = task(L4_TASK_ROOT).account.used;
    const ThreadName five = start_task(5, 100);
    EXPECT_EQ(eax(root), 100u);
    EXPECT_EQ(system.registers(root).ecx, 1024u - 128u - before - 100u);
    Registers give{.eax = low(five), .esi = low({6, 0})};
    syscall(L4_VEC_TASK_NEW, give); // number 6 to task 5
    EXPECT_EQ(system.observe().chiefs, (std::map<TaskNo, TaskNo>{{6, 5}}));
    run(five);
    start_task(6, 10);
    EXPECT_EQ(task(6).nest, 1u);
    EXPECT_EQ(task(5).account.used, L4_KMEM_TASK + 1 + 10u);
    run({6, 0});
    send(five); // queued at its chief
    run(root);
    delete_task(5);
    EXPECT_EQ(system.observe().tasks.size(), 2u);
    EXPECT_TRUE(system.observe().chiefs.empty());
    EXPECT_EQ(task(L4_TASK_ROOT).account.used, before);
    EXPECT_EQ(system.registers(root).esi, low(five));
}

TEST_F(Threads, TaskNewRefusals) {
    syscall(L4_VEC_TASK_NEW, {.ebx = low(root), .esi = low(sigma0)});
    EXPECT_EQ(eax(root), L4_TASK_NEW_EPERM);
    EXPECT_EQ(system.registers(root).esi, 0u);
    syscall(L4_VEC_TASK_NEW, {.eax = low({5, 0}), .esi = low({5, 0})});
    EXPECT_EQ(eax(root), L4_TASK_NEW_EINVAL);
    syscall(L4_VEC_TASK_NEW, {.eax = l4_task_new_create(0, 3), .ebx = low(root), .esi = low({5, 0})});
    EXPECT_EQ(eax(root), L4_TASK_NEW_ENOMEM);
    EXPECT_EQ(system.registers(root).ecx, 1024u - 128u - (L4_KMEM_TASK + 1));
}

} // namespace
} // namespace spec
