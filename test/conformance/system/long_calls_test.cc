// SPDX-License-Identifier: BSD-2-Clause
// Interrupts in the middle of calls that take several kernel entries, and what the interrupted thread sees.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/landing.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/midst.h"
#include "test/conformance/system/support/raw.h"

namespace conformance::system {
namespace {

using sim::ExRegs;
using sim::Regs;

constexpr l4_threadid_t a1 = l4_threadid(5, 1);
constexpr unsigned line = 3;

/// Thread a, of low priority, makes a long call; an interrupt comes while it is in the kernel, and wakes c.
struct Long {
    static constexpr std::uint32_t from = 0x10000000, to = 0x20000000, pages = 48, log2 = 18;

    explicit Long(bool interrupted) : midst(s.world(), Line{line}, a, interrupted ? 1 : 1000000) {
        s.spawn({.task = 5, .prio = 10});
        s.spawn(6);
        const sim::Entry handler = s.world().program([this](User u) { return handle(u); });
        s.world().spawn({.task = 7, .program = handler, .prio = 20});
    }
    Program handle(User u) {
        co_await u.attach(line);
        co_await u.receive(l4_irq_id(line));
        in_kernel = s.world().find(a)->in_kernel();
    }
    template <class C>
    Regs run(C what, std::function<sim::Routine<int>(User)> before) {
        Regs out;
        s.play([&](User u) -> Program {
            co_await before(u);
            const Stage::Ticket call = co_await s.begin(u, a, Raw<C::vector>{what.regs()});
            s.world().at(u.now(), Line{line});
            co_await settle(u);
            out = s.result<Raw<C::vector>>(call);
        });
        return out;
    }
    sim::Routine<int> touch(User u) {
        for (std::uint32_t n = 0; n < pages; ++n) co_await s.store(u, a, from + n * 4096, n);
        co_return 0;
    }

    Stage s;
    InTheMidst midst;
    bool in_kernel = false;
};

TEST(SystemCalls, ThatTakeLongCanBeInterrupted) {
    ABI_ROW(call_long_is_preemptible);
    std::vector<Regs> results;
    for (const bool interrupted : {true, false}) {
        Long transfer(interrupted), unmap(interrupted), task_new(interrupted);
        const sim::Ipc message{.partner = b,
                               .w0 = Long::from,
                               .w1 = l4_fpage(Long::from, Long::log2, L4_FP_WRITE),
                               .send = L4_SND_MAP};
        results.push_back(transfer.run(message, [&](User u) -> sim::Routine<int> {
            co_await transfer.touch(u);
            co_await transfer.s.begin(
                u, b, sim::Ipc{.partner = a, .receive = User::rmap(l4_fpage(Long::to, Long::log2, 0))});
            co_return 0;
        }));
        results.push_back(unmap.run(
            sim::Unmap{.fpage = l4_fpage(Long::from, Long::log2, 0), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES},
            [&](User u) { return unmap.touch(u); }));
        Clan clan(task_new.s);
        results.push_back(task_new.run(sim::TaskNew{.task = l4_threadid(20, 0), .mcp_or_chief = a.low},
                                       [&](User u) -> sim::Routine<int> {
                                           co_await clan.make_below(u, 5, 20);
                                           co_return 0;
                                       }));
        for (const Long* x : {&transfer, &unmap, &task_new}) {
            EXPECT_EQ(x->midst.reached(), interrupted);
            EXPECT_EQ(x->in_kernel, interrupted);
        }
        EXPECT_EQ(right(transfer.s.world(), b, Long::to + (Long::pages - 1) * 4096), Right::write);
        EXPECT_EQ(right(unmap.s.world(), a, Long::from + (Long::pages - 1) * 4096), Right::none);
        EXPECT_EQ(task_new.s.world().find(l4_threadid(20, 0)), nullptr);
    }
    ASSERT_EQ(results.size(), 6u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(results[i], results[i + 3]);
}

Program reads(User u, std::uint32_t at) { co_await u.load32(at); }

/// An interrupt comes while a1, of lower priority, is in the kernel; its handler sends a1 to the landing.
struct Interrupted {
    Interrupted() : landing(s.world()), midst(s.world(), Line{line}, a1) {
        s.spawn(5);
        s.spawn({.task = 5, .lthread = 1, .prio = 10});
        const sim::Entry handler = s.world().program([this](User u) { return handle(u); });
        s.world().spawn({.task = 5, .lthread = 2, .program = handler, .prio = 20});
    }
    Program handle(User u) {
        co_await u.attach(line);
        co_await u.receive(l4_irq_id(line));
        op = s.world().find(a1)->op();
        co_await u(ExRegs{.target = 1, .esp = 0x2000, .eip = landing.entry().eip});
    }
    template <class C>
    sim::Routine<int> call(User u, C what) {
        co_await s.begin(u, a1, what);
        s.world().at(u.now(), Line{line});
        co_await settle(u);
        co_return 0;
    }
    Stage s;
    Landing landing;
    InTheMidst midst;
    kern::Op op{};
};

TEST(ExRegs, LetsAnUnmapRunToItsEnd) {
    ABI_ROW(ex_regs_during_long_call);
    Interrupted i;
    i.s.spawn(6);
    constexpr std::uint32_t from = 0x10000000, to = 0x20000000, pages = 40;
    const sim::Unmap unmap{.fpage = l4_fpage(from, 20, 0), .mask = L4_FP_FLUSH};
    i.s.play([&](User u) -> Program {
        for (std::uint32_t n = 0; n < pages; ++n) co_await i.s.store(u, a, from + n * 4096, n);
        co_await give(i.s, u, a, from, l4_fpage(from, 20, L4_FP_WRITE), b, l4_fpage(to, 20, 0));
        co_await i.s.load(u, b, to);
        co_await i.call(u, unmap);
    });
    EXPECT_EQ(i.op, kern::Op::unmap);
    ASSERT_TRUE(i.landing.reached());
    EXPECT_EQ(i.landing.frame().esp, 0x2000u);
    EXPECT_EQ(i.landing.regs(), with_eax(unmap.regs(), L4_FP_REFERENCED));
    for (std::uint32_t n = 0; n < pages; ++n) EXPECT_EQ(right(i.s.world(), b, to + n * 4096), Right::none);
}

TEST(ExRegs, LetsATaskNewRunToItsEnd) {
    ABI_ROW(ex_regs_during_long_call);
    Interrupted i;
    Clan clan(i.s);
    i.s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 20);
        co_await i.call(u,
                        sim::TaskNew{.task = l4_threadid(20, 0), .mcp_or_chief = a.low, .esp = 7, .eip = 8});
    });
    EXPECT_EQ(i.op, kern::Op::task_new);
    ASSERT_TRUE(i.landing.reached());
    const l4_threadid_t id = reported(20, 0, 5);
    EXPECT_EQ(i.landing.frame().esp, 0x2000u);
    EXPECT_EQ(i.landing.regs(),
              (sim::Regs{.ecx = account(i.s.world(), a).free(), .esi = id.low, .edi = id.high}));
    EXPECT_EQ(i.s.world().find(l4_threadid(20, 0)), nullptr);
}

/// A pager answers a fault with many pages; in the middle of that the faulting thread is sent elsewhere. What
/// was left of the answer is not part of the pager's next one.
TEST(ExRegs, EndsAnAnswerToAPageFaultOfManyPages) {
    constexpr std::uint32_t pages = 48, log2 = 18, own = 0x10000000, at_a = 0x20000000, at_b = 0x30000000;
    World w;
    Landing landing(w);
    InTheMidst midst(w, Line{line}, e, limits.pages < pages / 2 ? 8 : 2); // when some have come
    sim::IpcResult to_a;
    std::uint32_t seen = 0;
    w.spawn(9, [&](User u) -> Program {
        for (std::uint32_t n = 0; n < pages; ++n) co_await u.store32(own + n * 4096, n);
        co_await u.receive(a);
        w.at(w.now(), Line{line});
        to_a = co_await u.send_fpage(a, at_a, l4_fpage(own, log2, L4_FP_WRITE));
        co_await u.receive(b);
        co_await u.send_fpage(b, at_b, l4_fpage(own + 7 * 4096, 12, L4_FP_WRITE));
    });
    const auto handler = [&](User u) -> Program {
        co_await u.attach(line);
        co_await u.receive(l4_irq_id(line));
        co_await u(ExRegs{.target = 0, .esp = 0x2000, .eip = landing.entry().eip});
    };
    w.spawn({.task = 5, .program = w.program([](User u) { return reads(u, at_a); }), .pager = e});
    w.spawn({.task = 5, .lthread = 1, .program = w.program(handler), .prio = 20});
    w.spawn({.task = 6,
             .program = w.program([&](User u) -> Program { seen = co_await u.load32(at_b); }),
             .pager = e});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_TRUE(midst.reached());
    EXPECT_TRUE(landing.reached());
    EXPECT_EQ(to_a.dope, L4_IPC_SEABORTED);
    EXPECT_EQ(right(w, a, at_a), Right::write) << "what came before stays";
    EXPECT_EQ(right(w, a, at_a + (pages - 1) * 4096), Right::none);
    EXPECT_EQ(right(w, b, at_b), Right::write);
    EXPECT_EQ(seen, 7u);
}

/// While a task is killed, to become a's, another thread of the killer kills a.
TEST(TaskNew, EndsAKillThatHasBegunThoughTheNewChiefGoes) {
    ABI_ROW(task_new_chief_goes_meanwhile);
    constexpr l4_threadid_t victim = l4_threadid(10, 0), below = l4_threadid(20, 0);
    constexpr std::uint32_t at = 0x10000000, pages = 40;
    Stage s;
    Clan clan(s);
    s.spawn(5);
    s.spawn(10);
    InTheMidst midst(s.world(), Line{line}, Stage::director);
    bool begun = false;
    sim::TaskNewResult chief_gone, result, again;
    const sim::Entry handler = s.world().program([&](User u) -> Program {
        co_await u.attach(line);
        co_await u.receive(l4_irq_id(line));
        const kern::Thread* const t = s.world().find(victim);
        begun = t != nullptr && t->task().dying();
        chief_gone = co_await u(sim::TaskNew{.task = a, .mcp_or_chief = root.low});
    });
    s.world().spawn({.task = L4_TASK_ROOT, .lthread = 2, .program = handler, .prio = 100});
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 10, 20);
        for (std::uint32_t n = 0; n < pages; ++n) co_await s.store(u, below, at + n * 4096, n);
        s.world().at(u.now(), Line{line});
        result = co_await u(sim::TaskNew{.task = victim, .mcp_or_chief = a.low});
        EXPECT_EQ(s.world().find(victim), nullptr);
        EXPECT_EQ(s.world().find(below), nullptr);
        again = co_await u(clan.creation(10));
    });
    EXPECT_TRUE(midst.reached());
    EXPECT_TRUE(begun);
    EXPECT_TRUE(chief_gone.ok());
    EXPECT_EQ(result.eax, L4_TASK_NEW_EINVAL);
    EXPECT_EQ(bits(result.id), 0u);
    EXPECT_EQ(bits(again.id), bits(reported(10, 0, L4_TASK_ROOT)));
}

} // namespace
} // namespace conformance::system
