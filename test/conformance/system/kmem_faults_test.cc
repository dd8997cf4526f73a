// SPDX-License-Identifier: BSD-2-Clause
// Kernel memory that runs out at each place where some is taken, and quotas of every size.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/ports.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT, page_size = 1u << page;
constexpr std::uint32_t at_a = 0x10000000, at_b = 0x20000000, super_a = 0x40000000, super_b = 0x80000000;
constexpr l4_threadid_t t = l4_threadid(10, 0);

/// Everything that a call without success must leave alone.
struct Snapshot {
    std::vector<std::uint32_t> accounts;
    std::vector<bool> exist;
    std::vector<Right> rights;
    Ports ports;
    bool operator==(const Snapshot&) const = default;
};

Snapshot snapshot(sim::World& w) {
    Snapshot s;
    for (const l4_threadid_t id : {root, a, b}) {
        const kern::Account& account = system::account(w, id);
        for (const std::uint32_t n : {account.used(), account.nodes(), account.threads()})
            s.accounts.push_back(n);
    }
    for (const l4_threadid_t id : {t, l4_threadid(10, 1), l4_threadid(6, 1)})
        s.exist.push_back(w.find(id) != nullptr);
    for (const std::uint32_t at : {at_a, super_a}) s.rights.push_back(right(w, a, at));
    for (const std::uint32_t at : {at_b, super_b}) s.rights.push_back(right(w, b, at));
    s.ports = Ports::of(w, b);
    return s;
}

/// What a scenario does, and whether it was a success.
using Deed = std::function<sim::Routine<bool>(Stage&, Clan&, User)>;

/// Has the first, second, ... allocation of the deed fail, until it is done before that.  Returns how many
/// there were. Actor b has its own account; a has a page, a superpage and ports.
unsigned fail_each_allocation(const Deed& deed) {
    for (unsigned k = 1;; ++k) {
        Stage s(with_superpages(), Stage::Checked::no);
        Clan clan(s);
        s.spawn(5);
        s.spawn({.task = 6, .quota = 60});
        bool done = false;
        std::optional<Snapshot> before, after;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            co_await get_memory(s, u, a, first_super, super_a, super);
            co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
            before = snapshot(s.world());
            account(s.world(), root).pool().fail_at(k);
            done = co_await deed(s, clan, u);
            account(s.world(), root).pool().fail_at(0);
            after = snapshot(s.world());
        });
        if (done) return k - 1;
        EXPECT_EQ(*after, *before) << "allocation " << k;
        if (k == 100 || testing::Test::HasFailure()) return k;
    }
}

Deed map_to_b(std::uint32_t at, std::uint32_t fpage, std::uint32_t window) {
    return [=](Stage& s, Clan&, User u) -> sim::Routine<bool> {
        const Given given = co_await give(s, u, a, at, fpage, b, window);
        EXPECT_EQ(given.sent.dope, given.mapped() ? L4_IPC_OK : L4_IPC_SEMAPFAILED);
        co_return given.mapped();
    };
}

TEST(KernelMemory, ACallThatFailsHalfwayLeavesNoTrace) {
    ABI_ROW(kmem_failure_leaves_no_trace);
    const auto create = [](std::uint32_t quota) -> Deed {
        return [quota](Stage&, Clan& clan, User u) -> sim::Routine<bool> {
            const sim::TaskNewResult made = co_await u(clan.creation(10, quota));
            co_return made.ok();
        };
    };
    const Deed thread = [](Stage& s, Clan&, User u) -> sim::Routine<bool> {
        const sim::ExRegsResult made = co_await s.call(u, b, sim::ExRegs{.target = 1, .eip = s.actor().eip});
        co_return made.ok();
    };
    EXPECT_GE(fail_each_allocation(create(0)), L4_KMEM_TASK + 1);
    EXPECT_GE(fail_each_allocation(create(30)), L4_KMEM_TASK + 1);
    EXPECT_GE(fail_each_allocation(thread), 1u);
    EXPECT_GE(fail_each_allocation(map_to_b(0, l4_fpage(at_a, page, L4_FP_WRITE), l4_fpage(at_b, page, 0))),
              L4_KMEM_TABLE + 1);
    EXPECT_GE(fail_each_allocation(map_to_b(0, l4_fpage(at_a, page, L4_FP_GRANT), l4_fpage(at_b, page, 0))),
              L4_KMEM_TABLE + 1);
    EXPECT_GE(
        fail_each_allocation(map_to_b(0, l4_fpage(super_a, super, L4_FP_WRITE), l4_fpage(super_b, super, 0))),
        1u);
    EXPECT_GE(
        fail_each_allocation(map_to_b(0, l4_fpage(super_a, super, L4_FP_GRANT), l4_fpage(super_b, super, 0))),
        1u);
    EXPECT_GE(
        fail_each_allocation(map_to_b(0, l4_fpage(super_a, page, L4_FP_WRITE), l4_fpage(super_b, page, 0))),
        L4_KMEM_TABLE + L4_KMEM_FANOUT + 1);
    EXPECT_EQ(fail_each_allocation(map_to_b(0, l4_io_fpage(0x60, 2, 0), L4_FP_IO_WHOLE)), L4_KMEM_IO_BITMAP);
    EXPECT_EQ(fail_each_allocation(map_to_b(0, l4_io_fpage(0x60, 2, L4_FP_GRANT), L4_FP_IO_WHOLE)),
              L4_KMEM_IO_BITMAP);
}

TEST(KernelMemory, AKillThatIsFollowedByAFailureIsAKill) {
    ABI_ROW(kmem_failure_leaves_no_trace);
    for (unsigned k = 1; k <= L4_KMEM_TASK; ++k) {
        Stage s({}, Stage::Checked::no);
        Clan clan(s);
        sim::TaskNewResult again;
        std::uint32_t before = 0;
        s.play([&](User u) -> Program {
            co_await u(clan.creation(10));
            const sim::TaskNewResult r = co_await u(sim::TaskNew{.task = t, .mcp_or_chief = root.low});
            before = r.free_frames;
            co_await u(clan.creation(10));
            account(s.world(), root).pool().fail_at(k);
            again = co_await u(clan.creation(10));
            account(s.world(), root).pool().fail_at(0);
        });
        EXPECT_FALSE(again.ok());
        EXPECT_EQ(again.eax, L4_TASK_NEW_ENOMEM);
        EXPECT_EQ(again.free_frames, before);
        EXPECT_EQ(s.world().find(t), nullptr);
    }
}

/// What b does with its quota, one after the other; which of it was done.
sim::Routine<int> spend(Stage& s, Clan& clan, User u, std::vector<bool>& done) {
    for (std::uint32_t n = 1; n <= L4_KMEM_THREADS_PER_FRAME; ++n) {
        const sim::ExRegsResult thread = co_await s.call(u, b, sim::ExRegs{.target = n});
        done.push_back(thread.ok());
    }
    const std::vector<std::uint32_t> regions{at_b, at_b + page_size, at_b + (1u << super)};
    for (const std::uint32_t at : regions) {
        const Given given =
            co_await give(s, u, a, 0, l4_fpage(at_a, page, L4_FP_WRITE), b, l4_fpage(at, page, 0));
        done.push_back(given.mapped());
    }
    const Given ports = co_await give(s, u, a, 0, l4_io_fpage(0x60, 4, 0), b, L4_FP_IO_WHOLE);
    done.push_back(ports.mapped());
    const Given whole =
        co_await give(s, u, a, 0, l4_fpage(super_a, super, L4_FP_WRITE), b, l4_fpage(super_b, super, 0));
    done.push_back(whole.mapped());
    const Given part = co_await give(s, u, b, 0, l4_fpage(super_b, page, 0), a, l4_fpage(at_b, page, 0));
    done.push_back(part.mapped());
    co_await s.call(u, a, sim::Unmap{.fpage = l4_fpage(super_a + page_size, page, 0), .mask = L4_FP_FLUSH});
    done.push_back(right(s.world(), b, super_b) != Right::none);
    const sim::TaskNewResult task = co_await clan.make_below(u, 6, 20);
    done.push_back(task.ok());
    const sim::TaskNewResult own = co_await clan.make_below(u, 6, 21, L4_KMEM_TASK + 1);
    done.push_back(own.ok());
    co_return 0;
}

TEST(KernelMemory, AQuotaOfAnySizeIsSpentAsDocumentedAndComesBack) {
    constexpr std::uint32_t first_thread = 1, nodes = 1, second_task = L4_KMEM_TASK + 1;
    constexpr std::uint32_t enough = L4_KMEM_TASK + first_thread + 1 + nodes + 2 * L4_KMEM_TABLE +
                                     L4_KMEM_IO_BITMAP + L4_KMEM_FANOUT + L4_KMEM_TABLE + L4_KMEM_TASK +
                                     second_task;
    for (std::uint32_t quota = L4_KMEM_TASK + first_thread; quota <= enough; ++quota) {
        Stage s(with_superpages());
        Clan clan(s);
        s.spawn(5);
        std::vector<bool> done;
        std::uint32_t used = 0;
        sim::TaskNewResult before, after;
        s.play([&](User u) -> Program {
            co_await s.store(u, a, at_a, 1);
            co_await get_memory(s, u, a, first_super, super_a, super);
            co_await get_ports(s, u, a, l4_io_fpage(0x60, 4, 0));
            co_await s.store(u, a, at_b + page_size, 1); // its table and nodes are there
            before = co_await u(sim::TaskNew{.task = b, .mcp_or_chief = root.low});
            co_await u(clan.creation(6, quota));
            co_await settle(u);
            co_await spend(s, clan, u, done);
            used = account(s.world(), b).used();
            after = co_await u(sim::TaskNew{.task = b, .mcp_or_chief = root.low});
        });
        EXPECT_LE(used, quota);
        EXPECT_EQ(after.free_frames, before.free_frames) << quota;
        const bool all = done == std::vector<bool>(done.size(), true);
        EXPECT_EQ(all, quota == enough) << quota;
        EXPECT_TRUE(!all || used == quota) << used;
    }
}

} // namespace
} // namespace conformance::system
