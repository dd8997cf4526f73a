// SPDX-License-Identifier: BSD-2-Clause
// What tasks and threads cost, and who pays.
#include <gtest/gtest.h>

#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

using sim::ExRegs;
using sim::TaskNew;
using sim::TaskNewResult;

constexpr l4_threadid_t t = l4_threadid(10, 0);
constexpr TaskNew deletion{.task = t, .mcp_or_chief = root.low};
/// A task and its first thread.
constexpr std::uint32_t task_price = L4_KMEM_TASK + 1;

/// Creates dead threads in the actor's task until its account has no free slot for another.
sim::Routine<int> fill_thread_slab(Stage& s, User u, l4_threadid_t who, std::uint32_t lthread = 100) {
    const bool director = l4_id_task(who) == L4_TASK_ROOT;
    for (; account(s.world(), who).threads() % L4_KMEM_THREADS_PER_FRAME != 0; ++lthread) {
        if (director)
            co_await u(ExRegs{.target = lthread});
        else
            co_await s.call(u, who, ExRegs{.target = lthread});
    }
    co_return 0;
}

TEST(KernelMemory, ASharedTaskCostsItselfAndAThread) {
    ABI_ROW(kmem_shared_task_price);
    Stage s;
    Clan clan(s);
    std::uint32_t before = 0;
    TaskNewResult made;
    s.play([&](User u) -> Program {
        co_await fill_thread_slab(s, u, root);
        before = co_await free_frames(s, u, root);
        made = co_await u(clan.creation(10));
    });
    EXPECT_EQ(made.eax, 0u);
    EXPECT_EQ(made.free_frames, before - task_price);
    EXPECT_EQ(account(s.world(), root).free(), made.free_frames);
}

TEST(KernelMemory, AnOwnAccountCostsItsQuota) {
    ABI_ROW(kmem_own_account);
    Stage s;
    Clan clan(s);
    std::uint32_t before = 0;
    TaskNewResult made;
    s.play([&](User u) -> Program {
        before = co_await free_frames(s, u, root);
        made = co_await u(clan.creation(10, 100));
    });
    EXPECT_EQ(made.eax, 100u);
    EXPECT_EQ(made.free_frames, before - 100);
    EXPECT_TRUE(s.world().find(t)->task().owns_account());
}

TEST(KernelMemory, AnOwnAccountPaysForTheTaskAndWhatIsMappedToIt) {
    ABI_ROW(kmem_own_account_is_charged);
    Stage s;
    Clan clan(s);
    s.spawn({.task = 5, .quota = 100});
    TaskNewResult empty, two_regions;
    s.play([&](User u) -> Program {
        co_await clan.hand_over(u, 100, 5);
        const TaskNew asks{.task = l4_threadid(100, 0), .mcp_or_chief = a.low};
        empty = co_await s.call(u, a, asks);
        co_await s.store(u, a, 0x10000000, 1);
        co_await s.store(u, a, 0x20000000, 1);
        two_regions = co_await s.call(u, a, asks);
    });
    EXPECT_TRUE(empty.ok());
    EXPECT_EQ(empty.free_frames, 100 - task_price);
    EXPECT_EQ(two_regions.free_frames, 100 - task_price - 2 * L4_KMEM_TABLE - 1);
}

TEST(KernelMemory, AnAccountThatIsTooSmallMakesNoTask) {
    ABI_ROW(kmem_account_too_small);
    Stage s;
    Clan clan(s);
    s.spawn({.task = 5, .quota = task_price + L4_KMEM_TASK - 1});
    std::uint32_t of_root = 0, of_a = 0;
    TaskNewResult one_too_many, shared;
    s.play([&](User u) -> Program {
        of_root = co_await free_frames(s, u, root);
        one_too_many = co_await u(clan.creation(10, of_root + 1));
        of_a = co_await free_frames(s, u, a);
        shared = co_await clan.make_below(u, 5, 11);
    });
    EXPECT_EQ(bits(one_too_many.id), 0u);
    EXPECT_EQ(one_too_many.eax, L4_TASK_NEW_ENOMEM);
    EXPECT_EQ(one_too_many.free_frames, of_root);
    EXPECT_EQ(of_a, L4_KMEM_TASK - 1);
    EXPECT_EQ(bits(shared.id), 0u);
    EXPECT_EQ(shared.eax, L4_TASK_NEW_ENOMEM);
    EXPECT_EQ(shared.free_frames, of_a);
    EXPECT_EQ(s.world().find(t), nullptr);
    EXPECT_EQ(s.world().find(l4_threadid(11, 0)), nullptr);
}

TEST(KernelMemory, AQuotaMayBeAllThatIsLeft) {
    ABI_ROW(kmem_quota_exactly);
    Stage s;
    Clan clan(s);
    std::uint32_t before = 0;
    TaskNewResult made;
    s.play([&](User u) -> Program {
        before = co_await free_frames(s, u, root);
        made = co_await u(clan.creation(10, before));
    });
    EXPECT_TRUE(made.ok());
    EXPECT_EQ(made.eax, before);
    EXPECT_EQ(made.free_frames, 0u);
}

TEST(KernelMemory, AQuotaForATaskWithoutAThreadIsTooSmall) {
    ABI_ROW(kmem_quota_too_small);
    Stage s;
    Clan clan(s);
    std::uint32_t before = 0;
    std::vector<TaskNewResult> results;
    s.play([&](User u) -> Program {
        before = co_await free_frames(s, u, root);
        for (std::uint32_t quota = 1; quota <= L4_KMEM_TASK; ++quota)
            results.push_back(co_await u(clan.creation(10, quota)));
    });
    ASSERT_EQ(results.size(), L4_KMEM_TASK);
    for (const TaskNewResult& r : results) {
        EXPECT_EQ(bits(r.id), 0u);
        EXPECT_EQ(r.eax, L4_TASK_NEW_ENOMEM);
        EXPECT_EQ(r.free_frames, before);
    }
    EXPECT_EQ(s.world().find(t), nullptr);
}

TEST(KernelMemory, TheOldTaskIsGoneEvenIfThereIsNoneForTheNew) {
    ABI_ROW(kmem_enomem_after_kill);
    Stage s;
    Clan clan(s);
    TaskNewResult first, second;
    std::uint32_t before = 0;
    sim::IpcResult sent;
    s.play([&](User u) -> Program {
        co_await fill_thread_slab(s, u, root);
        before = co_await free_frames(s, u, root);
        first = co_await u(clan.creation(10, 20));
        second = co_await u(clan.creation(10, before + 1));
        sent = co_await u.send(t, 0, 0);
    });
    EXPECT_TRUE(first.ok());
    EXPECT_EQ(bits(second.id), 0u);
    EXPECT_EQ(second.eax, L4_TASK_NEW_ENOMEM);
    EXPECT_EQ(second.free_frames, before);
    EXPECT_EQ(sent.dope, L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(s.world().kernel().tasks().chief(kern::TaskNo{10}), kern::TaskNo{L4_TASK_ROOT});
}

TEST(KernelMemory, AnOwnAccountComesBackWhole) {
    ABI_ROW(kmem_account_returns);
    Stage s;
    Clan clan(s);
    std::uint32_t before = 0, used_up = 1;
    sim::ExRegsResult last;
    TaskNewResult gone;
    s.play([&](User u) -> Program {
        before = co_await free_frames(s, u, root);
        co_await u(clan.creation(10, 20));
        co_await settle(u);
        for (std::uint32_t n = 1; n < L4_THREADS_PER_TASK; ++n)
            last = co_await s.call(u, t, ExRegs{.target = n});
        used_up = co_await free_frames(s, u, t);
        gone = co_await u(deletion);
    });
    EXPECT_FALSE(last.ok());
    EXPECT_EQ(used_up, 0u);
    EXPECT_EQ(gone.free_frames, before);
}

TEST(KernelMemory, OfASharedTaskComesBackButForSlabs) {
    ABI_ROW(kmem_shared_task_returns);
    Stage s;
    Clan clan(s);
    std::vector<std::uint32_t> left;
    s.play([&](User u) -> Program {
        for (int round = 0; round < 3; ++round) {
            co_await u(clan.creation(10));
            co_await settle(u);
            for (std::uint32_t region = 1; region <= 3; ++region)
                co_await s.store(u, t, region << L4_SUPERPAGE_SHIFT, region);
            co_await get_ports(s, u, t, l4_io_fpage(0x60, 4, 0));
            const TaskNewResult gone = co_await u(deletion);
            left.push_back(gone.free_frames);
        }
    });
    ASSERT_EQ(left.size(), 3u);
    EXPECT_EQ(left[1], left[0]);
    EXPECT_EQ(left[2], left[0]);
}

TEST(KernelMemory, EveryThirdThreadCostsAFrame) {
    ABI_ROW(kmem_thread_slab);
    Stage s;
    s.spawn({.task = 5, .quota = 50});
    std::vector<std::uint32_t> left;
    s.play([&](User u) -> Program {
        co_await fill_thread_slab(s, u, a);
        left.push_back(co_await free_frames(s, u, a));
        for (std::uint32_t n = 1; n <= L4_KMEM_THREADS_PER_FRAME + 1; ++n) {
            co_await s.call(u, a, ExRegs{.target = n});
            left.push_back(co_await free_frames(s, u, a));
        }
    });
    const std::uint32_t full = 50 - task_price;
    EXPECT_EQ(left, (std::vector<std::uint32_t>{full, full - 1, full - 1, full - 1, full - 2}));
}

/// Uses up the actor's account: dead threads, until there is no memory for another.
sim::Routine<int> use_up(Stage& s, User u, l4_threadid_t who) {
    for (std::uint32_t n = 1; n < L4_THREADS_PER_TASK; ++n) {
        const sim::ExRegsResult made = co_await s.call(u, who, ExRegs{.target = n});
        if (!made.ok()) break;
    }
    co_return 0;
}

TEST(KernelMemory, OneAccountsEndIsNotAnothers) {
    ABI_ROW(kmem_exhaustion_is_local);
    Stage s;
    Clan clan(s);
    s.spawn({.task = 5, .quota = 20});
    s.spawn({.task = 6, .quota = 30}); // itself, a page table, a thread, another task
    s.spawn(7);
    constexpr std::uint32_t from = 0x10000000, to = 0x20000000;
    std::uint32_t left_of_a = 1;
    Given to_a, to_b;
    TaskNewResult task_of_a, task_of_b;
    sim::ExRegsResult thread_of_b;
    s.play([&](User u) -> Program {
        co_await s.store(u, c, from, 1);
        co_await use_up(s, u, a);
        left_of_a = co_await free_frames(s, u, a);
        task_of_a = co_await clan.make_below(u, 5, 20);
        to_a = co_await give(s, u, c, 0, l4_fpage(from, 12, 0), a, l4_fpage(to, 12, 0));
        to_b = co_await give(s, u, c, 0, l4_fpage(from, 12, 0), b, l4_fpage(to, 12, 0));
        thread_of_b = co_await s.call(u, b, ExRegs{.target = 1});
        task_of_b = co_await clan.make_below(u, 6, 21);
    });
    EXPECT_EQ(left_of_a, 0u);
    EXPECT_EQ(task_of_a.eax, L4_TASK_NEW_ENOMEM);
    EXPECT_EQ(to_a.sent.error(), L4_IPC_SEMAPFAILED);
    EXPECT_TRUE(to_b.mapped());
    EXPECT_TRUE(thread_of_b.ok());
    EXPECT_TRUE(task_of_b.ok());
}

TEST(KernelMemory, OfASharedAccountIsThereForBothOrForNone) {
    ABI_ROW(kmem_shared_is_shared);
    Stage s;
    Clan clan(s);
    s.spawn({.task = 5, .quota = 20});
    std::uint32_t left = 1;
    sim::ExRegsResult thread;
    TaskNewResult task;
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 6);
        co_await clan.hand_over(u, 7, 5);
        co_await use_up(s, u, b);
        left = co_await free_frames(s, u, a);
        thread = co_await s.call(u, a, ExRegs{.target = 1});
        task = co_await s.call(u, a, clan.creation(7));
    });
    EXPECT_EQ(left, 0u);
    EXPECT_FALSE(thread.ok());
    EXPECT_EQ(task.eax, L4_TASK_NEW_ENOMEM);
}

} // namespace
} // namespace conformance::system
