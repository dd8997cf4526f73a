// SPDX-License-Identifier: BSD-2-Clause
// What every system call leaves alone.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/midst.h"
#include "test/conformance/system/support/raw.h"
#include "test/support/lockstep.h"

namespace conformance::system {
namespace {

using sim::Regs;

constexpr std::uint32_t keep = L4_WORD_NONE;

/// One call, and which registers it neither reads nor names as output.
struct Case {
    std::uint32_t vector = 0;
    Regs in{};
    bool ebx = false, ecx = false, edx = false, esi_edi = false, ebp = false; ///< kept
};

/// Each call with success and with failure, where it can fail.  Thread b waits open.
std::vector<Case> cases() {
    const std::uint32_t pattern = 0x5a5a5a5a;
    const Regs ipc{.eax = 0, .ebx = 2, .ecx = 0, .edx = 1, .esi = b.low, .ebp = L4_IPC_NO_RECV};
    const Regs schedule{.eax = keep, .ebx = keep, .esi = b.low},
        ex_regs{.eax = 1, .ebx = keep, .ecx = keep, .edx = keep, .esi = keep};
    const Regs other{.ebx = pattern, .ecx = pattern, .edx = pattern, .ebp = pattern};
    Regs failing_ipc = ipc, failing_schedule = schedule, failing_ex_regs = ex_regs;
    failing_ipc.esi = failing_schedule.esi = l4_threadid(99, 0).low;
    failing_ex_regs.eax = l4_ex_regs_target(99, 0);
    const Regs page{.eax = l4_fpage(0x1000, 12, 0),
                    .ebx = pattern,
                    .ecx = 0,
                    .edx = pattern,
                    .esi = pattern,
                    .edi = pattern,
                    .ebp = pattern};
    const Regs switch_ok{.ebx = pattern, .ecx = 0, .edx = 0, .esi = a.low, .edi = pattern, .ebp = pattern};
    Regs switch_failing = switch_ok;
    switch_failing.eax = 1;
    return {
        {.vector = L4_VEC_IPC,
         .in = ipc,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_IPC,
         .in = failing_ipc,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_ID_NEAREST, .in = other, .ebx = true, .ecx = true, .edx = true, .ebp = true},
        {.vector = L4_VEC_FPAGE_UNMAP,
         .in = page,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_THREAD_SWITCH, .in = switch_ok, .ebx = true, .esi_edi = true, .ebp = true},
        {.vector = L4_VEC_THREAD_SWITCH,
         .in = switch_failing,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_THREAD_SCHEDULE, .in = schedule},
        {.vector = L4_VEC_THREAD_SCHEDULE,
         .in = failing_schedule,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_LTHREAD_EX_REGS,
         .in = ex_regs,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_LTHREAD_EX_REGS,
         .in = failing_ex_regs,
         .ebx = true,
         .ecx = true,
         .edx = true,
         .esi_edi = true,
         .ebp = true},
        {.vector = L4_VEC_TASK_NEW, .in = {.ebx = root.low, .esi = l4_threadid(20, 0).low}},
        {.vector = L4_VEC_TASK_NEW, .in = {.ebx = root.low, .esi = l4_threadid(4, 0).low}},
    };
}

struct Outcome {
    Regs out{};
    arch::Frame before{}, after{};
};

/// A thread of a task that owns number 20 makes that call, with a pattern in EFLAGS and ESP.
Outcome make(const Case& x) {
    constexpr std::uint32_t direction_and_conditions = 0x400 | 0x8d5;
    Stage s;
    Clan clan(s);
    Outcome o;
    s.world().spawn(6, [](User u) -> Program { co_await u.wait(); });
    const sim::Entry program = s.world().program([&](User u) -> Program {
        arch::Frame& own = s.world().current().frame;
        own.eflags |= direction_and_conditions;
        own.esp = 0x12345678;
        o.before = own;
        o.out = co_await u.syscall(x.vector, x.in);
        o.after = own;
    });
    s.world().spawn({.task = 5, .program = program});
    s.play([&](User u) -> Program { co_await clan.hand_over(u, 20, 5); });
    return o;
}

TEST(SystemCalls, KeepFlagsAndStack) {
    ABI_ROW(call_keeps_flags_and_stack);
    for (const Case& x : cases()) {
        const Outcome o = make(x);
        EXPECT_EQ(o.before.eflags, 0x202u | 0x400u | 0x8d5u);
        EXPECT_EQ(o.after.eflags, o.before.eflags) << std::hex << x.vector;
        EXPECT_EQ(o.after.esp, 0x12345678u) << std::hex << x.vector;
    }
}

/// All seven in one program, each with the result that tells it from the others.
TEST(SystemCalls, AreTheVectorsFrom0x30To0x36) {
    ABI_ROW(pc_int_calls);
    constexpr std::uint32_t at = 0x10000000, calls = 7;
    World w;
    std::vector<Regs> results;
    arch::Frame before{}, after{};
    const l4_threadid_t self = reported(5, 0, L4_TASK_ROOT);
    const Regs in[calls] = {
        {.eax = keep, .ecx = L4_TIMEOUT_RCV_ZERO},                                 // receive from nil
        {},                                                                        // nil: who am I
        {.eax = l4_fpage(at, 12, 0), .ecx = L4_FP_FLUSH | L4_FP_ALL_SPACES},       // a page that was written
        {},                                                                        // yield
        {.eax = keep, .ebx = keep, .esi = self.low},                               // query
        {.eax = 0, .ebx = keep, .ecx = keep, .edx = keep, .esi = keep},            // query
        {.eax = 255, .ebx = root.low, .esi = l4_threadid(L4_TASK_SIGMA0, 0).low}}; // not his
    w.spawn(5, [&](User u) -> Program {
        co_await u.store32(at, 1);
        co_await u.look(before);
        for (std::uint32_t n = 0; n < calls; ++n) results.push_back(co_await u.syscall(0x30 + n, in[n]));
        co_await u.look(after);
    });
    w.run();
    ASSERT_EQ(results.size(), calls);
    EXPECT_EQ(results[0].eax, L4_IPC_RETIMEOUT);
    EXPECT_EQ(bits(results[1].esi_edi()), bits(self));
    EXPECT_EQ(results[2].eax, L4_FP_REFERENCED | L4_FP_DIRTY);
    EXPECT_EQ(results[3].eax, 0u);
    EXPECT_GT(results[3].edx_ecx(), 0u);
    EXPECT_EQ(sim::ScheduleResult::of(results[4]).prio(), L4_PRIO_ROOT);
    EXPECT_EQ(results[5].eax, 0x202u);
    EXPECT_EQ(results[6].eax, L4_TASK_NEW_EPERM);
    EXPECT_EQ(after.eip - before.eip, (calls + 1) * 2) << "each call has two bytes, and so has the look";
}

TEST(SystemCalls, KeepRegistersThatTheyDoNotName) {
    ABI_ROW(call_keeps_unnamed_registers);
    for (const Case& x : cases()) {
        const Regs out = make(x).out;
        Regs expected = out;
        if (x.ebx) expected.ebx = x.in.ebx;
        if (x.ecx) expected.ecx = x.in.ecx;
        if (x.edx) expected.edx = x.in.edx;
        if (x.esi_edi) expected.esi = x.in.esi, expected.edi = x.in.edi;
        if (x.ebp) expected.ebp = x.in.ebp;
        EXPECT_EQ(out, expected) << std::hex << x.vector;
    }
}

TEST(SystemCalls, WithAnotherVectorAreExceptions) {
    ABI_ROW(call_other_vector);
    for (const std::uint32_t vector : {0u, 0x2fu, 0x37u, 0x80u, 0xffu}) {
        test::Lockstep lockstep;
        const Regs in{.eax = 1, .ebx = 2, .ecx = 3, .edx = 4, .esi = 5, .edi = 6, .ebp = 7};
        const kern::Thread& caller = lockstep.current();
        lockstep.syscall(vector, in);
        EXPECT_EQ(lockstep.mismatch(), "");
        EXPECT_EQ(Regs::of(caller.frame), in);
        EXPECT_TRUE(caller.dead());
    }
}

} // namespace
} // namespace conformance::system
