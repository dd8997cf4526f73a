// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs: who may do what to whom, and what becomes of the two, against a model of
// docs/semantics.md 6, 13 and 14.  Between the calls anything may happen; with small limits also while a task
// is being killed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "fuzz/support/ex_regs_model.h"
#include "fuzz/support/session.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "sim/calls.h"
#include "test/lockstep/dice.h"
#include "test/lockstep/trace.h"

namespace fuzz {
namespace {

using test::Action;

class Player {
public:
    Player(std::span<const std::uint8_t> input, Session& session, test::Mode mode)
        : dice_(input),
          session_(session),
          on_(session.lockstep()),
          trace_(test::Dice(input.subspan(input.size() / 2)), mode, on_, taste()) {}

    void play() {
        while (!dice_.exhausted()) {
            const std::uint32_t what = dice_.below(16);
            if (on_.in_kernel() && what < 4) {
                if (!preempt()) return;
            } else if (on_.idle() || on_.in_kernel() || what < 5) {
                if (trace_.over() || !session_.step(trace_.next())) return;
            } else if (what == 5 && on_.current().task_no().raw() == L4_TASK_ROOT) {
                if (!session_.step(kill_or_make())) return;
            } else if (!ex_regs()) {
                return;
            }
        }
    }

private:
    static test::Trace::Taste taste() {
        test::Trace::Taste t{
            .weights = {}, .outside = 10, .failing = 5, .prologue = 0, .flags = 10, .state = 20};
        t.weights.fill(1);
        t.weights[test::Trace::ipc] = 6;
        return t;
    }

    kern::Task* task(std::uint32_t number) {
        return on_.kernel().tasks().task(kern::TaskNo{static_cast<std::uint16_t>(number)});
    }
    kern::Thread* find(std::uint32_t number, std::uint32_t lthread) {
        return on_.kernel().find({.task = kern::TaskNo{static_cast<std::uint16_t>(number)},
                                  .lthread = static_cast<std::uint8_t>(lthread)});
    }
    Seen look(const kern::Thread& t) { return fuzz::look(on_.kernel(), on_.machine(), t); }

    /// The slice of whoever is in the kernel ends, and another's turn comes in the midst of its operation.
    bool preempt() {
        const kern::Micros now = on_.machine().now(), then = on_.kernel().armed_timer();
        if (then != kern::never && then > now && !session_.step(Action::pass((then - now).raw())))
            return false;
        return session_.step({.kind = Action::Kind::timer});
    }

    /// Of two tasks, or of the one that the task bits of the invalid id name; anew with any pager.
    Action kill_or_make() {
        const std::uint32_t kind = dice_.below(8), number = kind >= 6 ? L4_TASKS - 1 : 5 + kind % 2;
        sim::TaskNew call{.task = l4_threadid(number, 0), .mcp_or_chief = l4_threadid(L4_TASK_ROOT, 0).low};
        if (kind >= 2) {
            call.mcp_or_chief = l4_task_new_create(L4_MCP_ROOT, 0);
            call.esp = 0x9000, call.eip = 0x8000;
            call.pager = any_id();
        }
        return Action::call(sim::TaskNew::vector, call.regs());
    }

    l4_threadid_t any_id() {
        switch (dice_.below(6)) {
            case 0: return l4_invalid_id();
            case 1: return l4_nil_id();
            case 2: {
                const std::uint32_t low = dice_.word(), high = dice_.word();
                return {low, high};
            }
            default: {
                const std::uint32_t number = task_number(), lthread = dice_.below(3);
                return l4_threadid(number, lthread);
            }
        }
    }
    std::uint32_t task_number() {
        const std::uint32_t kind = dice_.below(8);
        return kind == 0 ? dice_.below(L4_TASKS) : kind == 7 ? L4_TASKS - 1 : 2 + dice_.below(6);
    }

    /// Words of the caller's own UTCB that the call may look at.  False: it is no longer the one that runs.
    bool compose_utcb() {
        const kern::Thread* const self = &on_.current();
        const std::uint32_t base = L4_UTCB_AREA + L4_UTCB_SIZE * self->lthread();
        for (std::uint32_t n = dice_.below(4); n != 0; --n) {
            std::uint32_t at = 4 * dice_.below(28), value = dice_.word();
            if (dice_.below(3) == 0) at = offsetof(l4_utcb_t, snd_size), value = dice_.below(20);
            if (at == 0) value = dice_.below(0x40);
            if (at >= offsetof(l4_utcb_t, tls) && at < offsetof(l4_utcb_t, time_limit) && dice_.below(2) == 0)
                value = 0x00cff200;
            session_.step(Action::store(base + at, value));
            if (&on_.current() != self || on_.in_kernel()) return false;
        }
        return true;
    }

    std::uint32_t flags() {
        std::uint32_t all = 0;
        const std::uint32_t many = dice_.below(3);
        for (const std::uint32_t bit :
             {L4_EX_REGS_FPU_GET, L4_EX_REGS_FPU_SET, L4_EX_REGS_FPU_RESET, L4_EX_REGS_TLS, L4_EX_REGS_STOP,
              L4_EX_REGS_STATE_GET, L4_EX_REGS_STATE_SET, L4_EX_REGS_RAISE_EXCEPTION, L4_EX_REGS_ALIEN,
              L4_EX_REGS_UTCB_ARGS, L4_EX_REGS_VM86})
            if (many != 0 && dice_.below(2 + 6 / many) == 0) all |= bit;
        return all | (dice_.below(4) == 0 ? L4_EX_REGS_NO_CANCEL : 0);
    }

    /// What a pager or preempter becomes (6.3): kept, unless the new one is nil or names a thread that
    /// exists.
    bool keeps(l4_threadid_t by) {
        return by.low == L4_INVALID_LOW || (by.low != L4_NIL_LOW && !find(l4_id_task(by), l4_id_lthread(by)));
    }

    /// 6.1, 13: its own threads; of a task that is not being killed those that a thread of its task is pager
    /// of, and new ones beside such a thread 0.
    bool may_control(const kern::Thread& caller, std::uint32_t where, std::uint32_t lthread) {
        const std::uint32_t own = caller.task_no().raw();
        if (where == own) return true;
        if (!task(where) || task(where)->dying()) return false;
        const kern::Thread* const there = find(where, lthread);
        const l4_threadid_t pager = (there ? there : find(where, 0))->pager();
        return pager.low != L4_INVALID_LOW && l4_id_task(pager) == own;
    }

    /// One call, and what came of it.  False: nothing more will.
    bool ex_regs() {
        if (dice_.below(4) == 0 && !compose_utcb()) return true;
        const kern::Thread& caller = on_.current();
        const std::uint32_t own = caller.task_no().raw();
        const std::uint32_t number = dice_.below(3) == 0 ? task_number() : dice_.below(2) * own;
        const std::uint32_t lthread = dice_.below(4) ? dice_.below(3) : dice_.below(L4_THREADS_PER_TASK);
        ExRegsCall call;
        sim::Regs& r = call.regs;
        r.eax = l4_ex_regs_target(number, lthread) | flags();
        r.ecx = dice_.below(2) ? dice_.word() : L4_EX_REGS_KEEP;
        r.edx = dice_.below(2) ? dice_.word() : L4_EX_REGS_KEEP;
        const l4_threadid_t pager = any_id(), preempter = any_id();
        r.esi = pager.low, r.edi = pager.high, r.ebx = preempter.low, r.ebp = preempter.high;
        call.keeps_pager = keeps(pager), call.keeps_preempter = keeps(preempter);
        call.utcb = utcb_of(on_.machine(), caller);
        call.fpu = on_.machine().fpu();
        // To an alien it is no call, but an exception.
        if (caller.alien() && !caller.dealien())
            return session_.step(Action::call(L4_VEC_LTHREAD_EX_REGS, r));
        return check(call, caller, number == 0 ? own : number, lthread);
    }

    /// Makes the call.
    bool check(ExRegsCall& call, const kern::Thread& caller, std::uint32_t where, std::uint32_t lthread) {
        const kern::Thread* const target = find(where, lthread);
        call.self = target == &caller;
        Seen before = target ? look(*target) : Seen{};
        if (call.self) load(before.state, call.regs);
        const bool own = where == caller.task_no().raw(), may = may_control(caller, where, lthread);
        const bool dying = task(where) && task(where)->dying();
        const bool can_pay = may && task(where)->account().free() != 0;
        const std::uint8_t mcp = own || !may ? caller.mcp() : std::min(caller.mcp(), find(where, 0)->mcp());
        const bool alive = session_.step(Action::call(L4_VEC_LTHREAD_EX_REGS, call.regs));

        if (may && target) {
            check_existing(call, caller, *target, before);
        } else if (const kern::Thread* const made = target ? nullptr : find(where, lthread)) {
            session_.expect(may && !dying, "a thread is made for nobody");
            check_new(call, caller, *made);
            session_.expect(made->mcp() == mcp, "its mcp");
        } else {
            const bool refused = !may || dying || !can_pay || on_.allocation_failed();
            session_.expect(refused, "no thread, although all is there for it");
            check_refused(call, caller, target, before);
        }
        return alive;
    }

    static void load(State& state, const sim::Regs& r) {
        state[eax] = r.eax, state[ebx] = r.ebx, state[ecx] = r.ecx, state[edx] = r.edx;
        state[esi] = r.esi, state[edi] = r.edi, state[ebp] = r.ebp;
    }

    void expect_same(const Seen& now, const Seen& wanted, const char* whose) {
        const std::string what = difference(now, wanted, on_.machine().now());
        session_.expect(what.empty(), std::string(whose) + ": " + what);
    }

    /// What the call does to its caller besides the registers.
    void check_caller(const ExRegsCall& call, const kern::Thread& caller, const arch::FpuState& fpu,
                      const l4_utcb_state_t& state) {
        l4_utcb_t wanted = call.utcb;
        wanted.state = state;
        const l4_utcb_t now = utcb_of(on_.machine(), caller);
        session_.expect(std::memcmp(&now, &wanted, sizeof now) == 0, "the caller's UTCB");
        session_.expect(look(caller).fpu == fpu, "the caller's floating-point registers");
    }

    /// 6.3, 14
    void check_existing(const ExRegsCall& call, const kern::Thread& caller, const kern::Thread& target,
                        const Seen& before) {
        const sim::Regs now = sim::Regs::of(caller.frame);
        const sim::Regs wanted{.eax = before.state[eflags],
                               .ebx = before.preempter.low,
                               .ecx = before.state[esp],
                               .edx = before.state[eip],
                               .esi = before.pager.low,
                               .edi = before.pager.high,
                               .ebp = before.preempter.high};
        session_.expect(now == wanted, "the old values are not reported");
        Seen after = expected(call, before);
        if (call.self) after.fpu = expected_fpu(call, before);
        expect_same(look(target), after, "the target");
        check_caller(call, caller, expected_fpu(call, before), expected_state(call, before));
    }

    /// 6.2, 14
    void check_new(const ExRegsCall& call, const kern::Thread& caller, const kern::Thread& made) {
        sim::Regs wanted = call.regs;
        wanted.eax = 0;
        session_.expect(sim::Regs::of(caller.frame) == wanted, "the registers after a thread was made");
        expect_same(look(made), expected_new(call), "the new thread");
        check_caller(call, caller, call.fpu, call.utcb.state);
        session_.expect(made.prio() == caller.prio(), "its priority");
    }

    void check_refused(const ExRegsCall& call, const kern::Thread& caller, const kern::Thread* target,
                       const Seen& before) {
        sim::Regs wanted = call.regs;
        wanted.eax = L4_EX_REGS_ERROR;
        session_.expect(sim::Regs::of(caller.frame) == wanted, "this is not allowed");
        if (target) expect_same(look(*target), before, "a target that is none of the caller's business");
        check_caller(call, caller, call.fpu, call.utcb.state);
    }

    test::Dice dice_;
    Session& session_;
    test::Lockstep& on_;
    test::Trace trace_;
};

} // namespace
} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const test::Mode mode = (data[0] & 2) != 0 ? test::Mode::alone : test::Mode::free;
    fuzz::Session session("fuzz_ex_regs", {.mode = mode, .kernel_pages = data[0] % 2 ? 68u : 96u});
    fuzz::Player({data + 1, size - 1}, session, mode).play();
    return 0;
}
