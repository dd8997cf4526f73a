// SPDX-License-Identifier: BSD-2-Clause
// task_new: what goes when a task goes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/landing.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/midst.h"

namespace conformance::system {
namespace {

using sim::Ipc;
using sim::IpcResult;
using sim::TaskNew;
using sim::TaskNewResult;

constexpr l4_threadid_t t = l4_threadid(10, 0);

TaskNew deletion(l4_threadid_t task) { return {.task = task, .mcp_or_chief = root.low}; }

kern::TaskNo chief_of(sim::World& w, std::uint16_t number) {
    return w.kernel().tasks().chief(kern::TaskNo{number});
}

/// Sends a message, appends its letter and keeps the result.
sim::Body sends(std::string& order, char letter, l4_threadid_t to, std::vector<std::uint32_t>& results) {
    return [&order, letter, to, &results](User u) -> Program {
        const IpcResult r = co_await u.send(to, 0, 0);
        order += letter;
        results.push_back(r.dope);
    };
}

TEST(TaskDelete, TakesEverythingBelowAndReturnsTheNumbers) {
    ABI_ROW(task_new_deletes_below);
    Stage s;
    Clan clan(s);
    s.spawn(5);
    std::vector<IpcResult> sent;
    std::vector<TaskNewResult> made;
    const std::vector<std::uint16_t> numbers{6, 7, 100};
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 6);
        co_await clan.make_below(u, 6, 7);
        co_await clan.hand_over(u, 100, 5);
        co_await u(deletion(a));
        for (const std::uint16_t n : numbers) {
            sent.push_back(co_await u.send(l4_threadid(n, 0), 0, 0));
            made.push_back(co_await u(clan.creation(n)));
        }
    });
    ASSERT_EQ(made.size(), 3u);
    for (std::size_t i = 0; i < made.size(); ++i) {
        EXPECT_EQ(sent[i].dope, L4_IPC_ENOT_EXISTENT);
        EXPECT_EQ(bits(made[i].id), bits(reported(numbers[i], 0, L4_TASK_ROOT)));
    }
}

TEST(TaskDelete, TakesWhatWasMappedFromTheTask) {
    ABI_ROW(task_new_delete_takes_mappings);
    Stage s;
    s.spawn(5);
    s.spawn(6);
    s.spawn(10);
    constexpr std::uint32_t at_a = 0x10000000, at_t = 0x20000000, at_b = 0x30000000;
    constexpr std::uint32_t page_log2 = L4_PAGE_SHIFT;
    Right before{};
    s.play([&](User u) -> Program {
        co_await s.store(u, a, at_a, 1);
        co_await give(s, u, a, at_a, l4_fpage(at_a, page_log2, L4_FP_WRITE), t, l4_fpage(at_t, page_log2, 0));
        co_await give(s, u, t, at_t, l4_fpage(at_t, page_log2, L4_FP_WRITE), b, l4_fpage(at_b, page_log2, 0));
        before = right(s.world(), b, at_b);
        co_await s.load(u, b, at_b); // now it is in a TLB
        co_await u(deletion(t));
    });
    EXPECT_EQ(before, Right::write);
    EXPECT_EQ(right(s.world(), b, at_b), Right::none);
    EXPECT_EQ(right(s.world(), a, at_a), Right::write);
}

TEST(TaskDelete, WakesItsSendersAndKillsThoseInAPageFault) {
    ABI_ROW(task_new_delete_wakes_senders);
    Stage s;
    sim::World& w = s.world();
    constexpr l4_threadid_t t2 = l4_threadid(10, 2);
    s.spawn(10);
    s.spawn(10, 2);
    std::string order;
    std::vector<std::uint32_t> results;
    const sim::Entry faults = w.program([](User u) -> Program { co_await u.load32(0x10000000); });
    w.run();
    w.spawn(20, sends(order, 'A', t2, results));
    w.spawn(21, sends(order, 'B', t, results));
    w.spawn({.task = 22, .program = faults, .pager = t});
    w.spawn(23, sends(order, 'C', t, results));
    w.spawn(24, sends(order, 'D', t2, results));
    w.run();
    s.play([&](User u) -> Program { co_await u(deletion(t)); });
    EXPECT_EQ(order, "BCAD");
    EXPECT_EQ(results, std::vector<std::uint32_t>(4, L4_IPC_ENOT_EXISTENT));
    EXPECT_TRUE(w.find(l4_threadid(22, 0))->dead());
}

TEST(TaskDelete, WakesTheSendersOfThreadsInTheOrderOfTheirCreation) {
    ABI_ROW(ex_regs_present_list);
    Stage s;
    s.spawn(10);
    std::string order;
    std::vector<std::uint32_t> results;
    s.play([&](User u) -> Program {
        for (std::uint32_t lthread : std::vector<std::uint32_t>{3, 1, 2}) {
            co_await s.call(u, t, sim::ExRegs{.target = lthread, .eip = s.actor().eip, .pager = root});
            co_await settle(u);
        }
    });
    for (std::uint16_t n = 0; n < 4; ++n)
        s.world().spawn(static_cast<std::uint16_t>(20 + n),
                        sends(order, static_cast<char>('0' + n), l4_threadid(10, n), results));
    s.world().run();
    s.play([&](User u) -> Program { co_await u(deletion(t)); });
    EXPECT_EQ(order, "0312");
}

TEST(TaskDelete, WithdrawsWhatItsThreadsWaitedFor) {
    ABI_ROW(task_new_delete_withdraws);
    Stage s;
    sim::World& w = s.world();
    s.spawn(6);
    w.spawn({.task = 10, .program = w.program([](User u) -> Program { co_await u.send(b, 0, 0); })});
    w.spawn(10, 1, [](User u) -> Program { co_await u.sleep(sim::receive_timeout(Micros{1000})); });
    w.spawn(10, 2, [](User u) -> Program { co_await u.receive(b, sim::receive_timeout(Micros{2000})); });
    IpcResult polled;
    s.play([&](User u) -> Program {
        co_await settle(u);
        co_await u(deletion(t));
        polled = co_await s.call(u, b, Ipc{.receive = L4_RCV_OPEN, .timeout = L4_TIMEOUT_RCV_ZERO});
        co_await u.sleep(sim::receive_timeout(Micros{4000}));
    });
    EXPECT_EQ(polled.dope, L4_IPC_RETIMEOUT);
    EXPECT_EQ(w.kernel().armed_timer(), kern::never);
}

TEST(TaskDelete, GoesDepthFirstInOrderOfCreation) {
    ABI_ROW(task_new_delete_order);
    Stage s;
    Clan clan(s);
    s.spawn(5);
    std::string order;
    std::vector<std::uint32_t> results;
    const std::vector<std::uint16_t> tasks{5, 6, 7, 8};
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 6);
        co_await clan.make_below(u, 5, 7);
        co_await clan.make_below(u, 6, 8);
        co_await settle(u);
    });
    for (const std::uint16_t n : tasks)
        s.world().spawn(static_cast<std::uint16_t>(20 + n),
                        sends(order, static_cast<char>('0' + n), l4_threadid(n, 0), results));
    s.world().run();
    s.play([&](User u) -> Program { co_await u(deletion(a)); });
    EXPECT_EQ(order, "8675");
}

/// Gives half of a's superpage to `to`, 512 pages each time.
sim::Routine<int> give_pages(Stage& s, User u, l4_threadid_t to, unsigned halves) {
    constexpr std::uint32_t source = 0x80000000, target = 0x10000000, half_log2 = L4_SUPERPAGE_SHIFT - 1;
    co_await get_memory(s, u, a, first_super, source, L4_SUPERPAGE_SHIFT);
    int given = 0;
    for (unsigned n = 0; n < halves; ++n) {
        const std::uint32_t at = target + n * (1u << half_log2);
        const Given g = co_await give(s, u, a, at, l4_fpage(source, half_log2, L4_FP_WRITE), to,
                                      l4_fpage(at, half_log2, 0));
        if (g.mapped()) given += 1 << (half_log2 - L4_PAGE_SHIFT);
    }
    co_return given;
}

TEST(TaskDelete, TakesABoundedNumberOfStepsPerEntry) {
    ABI_ROW(task_new_delete_large);
    Stage s({.machine = {.user_pages = 4096, .kernel_pages = 1024}}, Stage::Checked::no);
    Clan clan(s);
    s.spawn(5);
    s.spawn(10);
    constexpr std::uint16_t below = 20;
    int pages = 0;
    TaskNewResult gone;
    std::uint64_t events = 0, free_before = 0;
    s.play([&](User u) -> Program {
        free_before = account(s.world(), root).free();
        for (std::uint32_t lthread = 1; lthread < L4_THREADS_PER_TASK; ++lthread)
            co_await s.call(u, t, sim::ExRegs{.target = lthread});
        for (std::uint16_t n = 0; n < below; ++n)
            co_await clan.make_below(u, 10, static_cast<std::uint16_t>(100 + n));
        pages = co_await give_pages(s, u, t, 20);
        s.world().kernel().check_invariants();
        events = s.world().events();
        gone = co_await u(deletion(t));
        events = s.world().events() - events;
    });
    EXPECT_EQ(pages, 10240);
    EXPECT_TRUE(gone.ok());
    EXPECT_EQ(gone.free_frames, account(s.world(), root).free());
    EXPECT_EQ(s.world().find(t), nullptr);
    for (std::uint16_t n = 0; n < below; ++n) EXPECT_EQ(s.world().find(l4_threadid(100u + n, 0)), nullptr);
    EXPECT_GE(events * limits.pages, 10240u);
    EXPECT_GE(events * limits.threads, L4_THREADS_PER_TASK + below);
}

/// Root's thread 2, at low priority, makes one call; in its midst an interrupt has thread 3 make another.
struct TwoCalls {
    static constexpr unsigned line = 3;
    static constexpr l4_threadid_t slow = l4_threadid(L4_TASK_ROOT, 2);

    explicit TwoCalls(unsigned windows) : clan(s), midst(s.world(), Line{line}, slow, windows) {}

    TaskNewResult run_both(const TaskNew& first, const TaskNew& second) {
        sim::World& w = s.world();
        TaskNewResult of_second;
        w.spawn({.task = L4_TASK_ROOT,
                 .lthread = 3,
                 .program = w.program([&](User u) -> Program {
                     co_await u.attach(line);
                     co_await u.receive(l4_irq_id(line));
                     of_second = co_await u(second);
                 }),
                 .prio = 20});
        w.spawn({.task = L4_TASK_ROOT,
                 .lthread = 2,
                 .program = w.program([&](User u) -> Program {
                     w.at(w.now(), Line{line}); // thread 3 is attached
                     of_first = co_await u(first);
                 }),
                 .prio = 10});
        EXPECT_EQ(w.run(), sim::End::idle);
        w.kernel().check_invariants();
        return of_second;
    }

    Stage s;
    Clan clan;
    InTheMidst midst;
    TaskNewResult of_first;
};

/// At each of these windows, as far as the operation has so many.
std::vector<unsigned> some_windows() {
    return {1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 40, 60, 100, 500, 1000, 2040, 2045, 2050, 2055, 2060};
}

TEST(TaskDelete, OfTheSameTaskTwiceAtOnceIsOneAfterTheOther) {
    ABI_ROW(task_new_two_at_once);
    for (const unsigned windows : some_windows()) {
        TwoCalls x(windows);
        Landing first(x.s.world()), second(x.s.world());
        x.s.spawn(10);
        x.s.spawn(10, 1);
        x.s.play([&](User u) -> Program { co_await x.clan.make_below(u, 10, 11); });
        const std::uint32_t before = account(x.s.world(), root).used();
        const TaskNewResult of_second = x.run_both({.task = t, .eip = first.entry().eip, .pager = root},
                                                   {.task = t, .eip = second.entry().eip, .pager = root});
        EXPECT_TRUE(x.of_first.ok());
        EXPECT_TRUE(of_second.ok());
        EXPECT_NE(x.s.world().find(t), nullptr);
        EXPECT_EQ(x.s.world().find(l4_threadid(11, 0)), nullptr);
        EXPECT_TRUE(first.reached());
        EXPECT_LE(account(x.s.world(), root).used(), before);
        if (!x.midst.reached()) break;
    }
}

TEST(TaskDelete, EndsWithAnErrorWhenTheNumberIsHandedOverMeanwhile) {
    for (const unsigned windows : some_windows()) {
        TwoCalls x(windows);
        x.s.spawn(8);
        x.s.spawn(10);
        x.s.spawn(10, 1);
        x.s.play([&](User u) -> Program { co_await x.clan.make_below(u, 10, 11); });
        const TaskNewResult of_second = x.run_both({.task = t, .eip = x.s.actor().eip, .pager = root},
                                                   {.task = t, .mcp_or_chief = d.low});
        const bool meanwhile = x.midst.reached();
        EXPECT_EQ(bits(of_second.id), bits(reported(10, 0, 8)));
        EXPECT_EQ(x.of_first.ok(), !meanwhile);
        EXPECT_EQ(x.of_first.eax, meanwhile ? L4_TASK_NEW_EPERM : 0);
        EXPECT_EQ(x.s.world().find(t), nullptr);
        EXPECT_EQ(x.s.world().find(l4_threadid(11, 0)), nullptr);
        EXPECT_EQ(chief_of(x.s.world(), 10), kern::TaskNo{8});
        EXPECT_EQ(chief_of(x.s.world(), 11), kern::TaskNo{L4_TASK_ROOT});
        if (!meanwhile) break;
    }
}

TEST(TaskDelete, GoesOnWhenItsCallerIsDeletedMeanwhile) {
    ABI_ROW(task_new_caller_deleted_meanwhile);
    constexpr unsigned line = 3;
    for (const unsigned windows : some_windows()) {
        Stage s;
        Clan clan(s);
        sim::World& w = s.world();
        s.spawn({.task = 5, .prio = 10});
        InTheMidst midst(w, Line{line}, a, windows);
        TaskNewResult of_root;
        const sim::Entry killer = w.program([&](User u) -> Program {
            co_await u.attach(line);
            co_await u.receive(l4_irq_id(line));
            of_root = co_await u(deletion(a));
        });
        w.spawn({.task = L4_TASK_ROOT, .lthread = 2, .program = killer, .prio = 20});
        s.play([&](User u) -> Program {
            co_await clan.make_below(u, 5, 20);
            co_await clan.make_below(u, 20, 21);
            co_await clan.make_below(u, 20, 22);
            co_await clan.hand_over(u, 23, 20);
            co_await s.begin(u, a, TaskNew{.task = l4_threadid(20, 0), .mcp_or_chief = a.low});
            w.at(u.now(), Line{line});
            co_await settle(u);
        });
        EXPECT_TRUE(of_root.ok());
        for (const std::uint16_t n : {5, 20, 21, 22, 23}) {
            EXPECT_EQ(w.find(l4_threadid(n, 0)), nullptr);
            EXPECT_EQ(chief_of(w, n), kern::TaskNo{L4_TASK_ROOT});
        }
        if (!midst.reached()) break;
    }
}

} // namespace
} // namespace conformance::system
