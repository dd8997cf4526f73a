// SPDX-License-Identifier: BSD-2-Clause
// Who may use lthread_ex_regs on whom: every caller with every target, for every relation of the target to
// its pager (docs/semantics.md 13.1).  Only the task whose number is in the pager's id, and the target's own,
// may.
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "test/conformance/system/support/raw.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

using sim::ExRegs;
using RawExRegs = system::Raw<L4_VEC_LTHREAD_EX_REGS>;

constexpr l4_threadid_t e1 = l4_threadid(9, 1), e2 = l4_threadid(9, 2), below_e = l4_threadid(20, 0),
                        root1 = l4_threadid(L4_TASK_ROOT, 1), highest = l4_threadid(L4_TASKS - 1, 0);

/// What the target says who its pager is.  Thread 1 of E is dead, thread 9 does not exist.
const l4_threadid_t pagers[] = {
    e,
    e2,
    e1,
    l4_threadid(9, 9),
    {e.low | 0xf00003ff, 0xabcdef01}, // version, site, chief, nest
    d,
    root,
    a, // its own task
    below_e,
    l4_threadid(77, 3), // a task that does not exist
    highest,
    sigma0,
    l4_nil_id(),
    l4_invalid_id(),
    {L4_INVALID_LOW, 9},
    l4_irq_id(3),
    {9, 0}, // lthread and task bits 0
};
/// Who asks: the target's own task, its pager's task, the child and the chief of that, strangers, the chief
/// of all, and the task whose number is in the bits of the invalid id.
const l4_threadid_t callers[] = {l4_threadid(5, 1), e, e2, below_e, d, c, root1, highest};
/// Threads of task 5 that exist: thread 0; one that waits; one that is dead.  Others do not.
enum Target : Word { first = 0, waiting = 2, dead = 3, to_be_made = 40 };

std::uint32_t task_of(l4_threadid_t id) { return l4_id_task(id); }

bool allowed(l4_threadid_t caller, l4_threadid_t pager) {
    if (task_of(caller) == 5) return true;
    return pager.low != L4_INVALID_LOW && task_of(pager) == task_of(caller);
}

Program asleep(User u) { co_await u.sleep(); }

/// All callers ask about all targets, one after the other.
class Matrix {
public:
    struct Asked {
        l4_threadid_t caller{};
        Word target = 0;
        sim::Regs in, out;
    };
    std::vector<Asked> asked;
    World w;

    /// Of thread 0, and of the others that exist.
    Matrix(l4_threadid_t pager_of_first, l4_threadid_t pager_of_others) {
        const sim::Entry sleeper = w.program(asleep);
        below_ = w.program([this](User u) { return ask(u, below_e); });
        w.start(
            a,
            [=](User u) -> Program {
                co_await u(ExRegs{.target = waiting, .esp = 0, .eip = sleeper.eip, .pager = pager_of_others});
                co_await u(ExRegs{.target = dead, .pager = pager_of_others});
                co_await u.sleep();
            },
            {.pager = pager_of_first});
        w.start(e, [this](User u) -> Program {
            co_await u(ExRegs{.target = 1});
            co_await until(u, 500);
            co_await u(sim::TaskNew{.task = below_e, .eip = below_.eip, .pager = root});
            co_await u.jump(w.program([this](User v) { return ask(v, e); }));
        });
        for (const l4_threadid_t id : callers)
            if (!sim::same(id, e) && !sim::same(id, below_e))
                w.start(id, [this, id](User u) { return ask(u, id); });
        w.as_root(sim::TaskNew{.task = below_e, .mcp_or_chief = e.low});
    }

private:
    Program ask(User u, l4_threadid_t self) {
        Time turn = 1000;
        Word number = 0;
        for (; !sim::same(callers[number], self); ++number) turn += 1000;
        co_await until(u, turn);
        for (const Word target : {Word{first}, Word{waiting}, Word{dead}, to_be_made + number}) {
            Asked x{self, target, {}, {}};
            x.in = {.eax = l4_ex_regs_target(5, target),
                    .ebx = L4_INVALID_LOW,
                    .ecx = L4_EX_REGS_KEEP,
                    .edx = L4_EX_REGS_KEEP,
                    .esi = L4_INVALID_LOW,
                    .edi = 0x66,
                    .ebp = 0x77};
            x.out = co_await u(RawExRegs{x.in});
            asked.push_back(x);
        }
    }
    sim::Entry below_{};
};

std::string named(const Matrix::Asked& x, l4_threadid_t pager) {
    std::ostringstream text;
    text << "caller " << task_of(x.caller) << '.' << l4_id_lthread(x.caller) << ", target 5." << x.target
         << ", pager " << std::hex << pager.high << ':' << pager.low;
    return text.str();
}

void expect_allowed_to(const Matrix& m, l4_threadid_t pager_of_first, l4_threadid_t pager_of_others) {
    ASSERT_EQ(m.asked.size(), std::size(callers) * 4);
    for (const Matrix::Asked& x : m.asked) {
        const bool exists = x.target < to_be_made;
        const l4_threadid_t pager = exists && x.target != first ? pager_of_others : pager_of_first;
        sim::Regs expected = system::with_eax(x.in, L4_EX_REGS_ERROR);
        if (allowed(x.caller, pager)) expected.eax = exists ? 0x202 : 0;
        EXPECT_EQ(x.out.eax, expected.eax) << named(x, pager);
        if (expected.eax == 0x202) continue; // the rest are the target's old registers
        EXPECT_EQ(x.out, expected) << named(x, pager);
    }
}

/// The kernel keeps the pager of a created thread as given, but for an invalid one: nil.
l4_threadid_t kept(l4_threadid_t pager) { return pager.low == L4_INVALID_LOW ? l4_nil_id() : pager; }

TEST(ExRegsMatrix, EveryCallerTargetAndPagerOfThread0) {
    ABI_ROW(inter_ex_regs_not_pager);
    for (const l4_threadid_t pager : pagers) {
        if (pager.low == L4_NIL_LOW) continue; // that would not create the task
        Matrix m(pager, root);
        expect_allowed_to(m, pager, root);
    }
}

TEST(ExRegsMatrix, EveryCallerTargetAndPagerOfTheOthers) {
    ABI_ROW(inter_ex_regs_not_pager);
    for (const l4_threadid_t pager : pagers) {
        Matrix m(root, pager);
        expect_allowed_to(m, root, kept(pager));
    }
}

/// The pager of A changes in the course of the calls: each step by the one who may at that time.
TEST(ExRegsMatrix, ThePagerIsTheOneOfTheMoment) {
    ABI_ROW(inter_ex_regs_pager_changes);
    World w;
    struct Try {
        l4_threadid_t by{}, next{}; ///< who asks, and makes whom the pager
        bool may = false;
    };
    const Try tries[] = {{d, d, false},          {e, d, true},  {e, e, false},
                         {c, e, false},          {d, c, true},  {d, e, false},
                         {c, root1, true},       {e, e, false}, {root1, e, true},
                         {e2, a, true},          {e, e, false}, {l4_threadid(5, 1), e, true},
                         {e, l4_nil_id(), true}, {e, e, false}};
    std::vector<bool> results;
    for (const l4_threadid_t caller : {c, d, e, e2, root1, l4_threadid(5, 1)})
        w.start(caller, [&, caller](User u) -> Program {
            for (std::size_t i = 0; i < std::size(tries); ++i) {
                if (!sim::same(tries[i].by, caller)) continue;
                co_await until(u, 1000 * (i + 1));
                const sim::ExRegsResult r =
                    co_await u(ExRegs{.target = l4_ex_regs_target(5, 0), .pager = tries[i].next});
                EXPECT_EQ(r.ok(), tries[i].may) << i;
                results.push_back(r.ok());
            }
        });
    w.start(a, asleep, {.pager = e});
    w.run();
    EXPECT_EQ(results.size(), std::size(tries));
}

TEST(ExRegsMatrix, ADeletedPagerHasNoRightsAndItsNumberPassesThemOn) {
    ABI_ROW(inter_ex_regs_not_pager);
    ABI_ROW(inter_ex_regs_by_pager);
    World w;
    const auto ask = [&](l4_threadid_t caller) {
        sim::ExRegsResult result;
        w.start(caller,
                [&](User u) -> Program { result = co_await u(ExRegs{.target = l4_ex_regs_target(5, 0)}); });
        w.run();
        return result.ok();
    };
    w.start(e, asleep);
    w.start(a, asleep, {.pager = e});
    w.run();
    w.as_root(deletion(e));
    EXPECT_FALSE(ask(root1));
    EXPECT_FALSE(ask(d));
    EXPECT_TRUE(ask(e)); // another task of that number: ids are looked at by task number
    w.as_root(deletion(e));
    EXPECT_FALSE(ask(c));
}

TEST(ExRegsMatrix, ADeadPagersTaskMay) {
    ABI_ROW(inter_ex_regs_by_pager);
    World w;
    sim::ExRegsResult result;
    w.start(e, [](User u) -> Program { co_await u.raise(L4_TRAP_DIVIDE); }); // dies
    w.start(e1, [&](User u) -> Program {
        co_await until(u, 1000);
        EXPECT_EQ(w.state(e), For::dead);
        result = co_await u(ExRegs{.target = l4_ex_regs_target(5, 0)});
    });
    w.start(a, asleep, {.pager = e});
    w.run();
    EXPECT_TRUE(result.ok());
}

TEST(ExRegsMatrix, ADeletedTargetIsNobodys) {
    ABI_ROW(inter_ex_regs_inactive);
    World w;
    sim::ExRegsResult before, after;
    w.start(e, [&](User u) -> Program {
        co_await until(u, 1000);
        before = co_await u(ExRegs{.target = l4_ex_regs_target(5, 0)});
        co_await until(u, 3000);
        after = co_await u(ExRegs{.target = l4_ex_regs_target(5, 0)});
    });
    w.start(a, asleep, {.pager = e});
    w.start(root1, [](User u) -> Program {
        co_await until(u, 2000);
        co_await u(deletion(a));
    });
    w.run();
    EXPECT_TRUE(before.ok());
    EXPECT_FALSE(after.ok());
}

} // namespace
} // namespace conformance::thesis
