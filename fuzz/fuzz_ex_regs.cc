// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs: who may do what to whom, against a model of docs/semantics.md 6 that is written down here.
// Between the calls anything may happen.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/session.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "test/lockstep/dice.h"
#include "test/lockstep/trace.h"

namespace fuzz {
namespace {

using test::Action;

/// Of a thread, what the call shows or changes.
struct Seen {
    std::uint32_t esp = 0, eip = 0, eflags = 0;
    l4_threadid_t pager = l4_nil_id(), preempter = l4_nil_id();
    bool dead = true;
};

Seen look(const kern::Thread& t) {
    return {t.frame.esp, t.frame.eip, t.frame.eflags, t.pager(), t.internal_preempter(), t.dead()};
}

bool same(l4_threadid_t a, l4_threadid_t b) { return a.low == b.low && a.high == b.high; }

class Player {
public:
    Player(std::span<const std::uint8_t> input, Session& session)
        : dice_(input),
          session_(session),
          trace_(test::Dice(input.subspan(input.size() / 2)), test::Mode::free, session.lockstep(), taste()) {
    }

    void play() {
        while (!dice_.exhausted()) {
            if (session_.lockstep().idle() || session_.lockstep().in_kernel() || dice_.below(3) == 0) {
                if (trace_.over() || !session_.step(trace_.next())) return;
            } else {
                ex_regs();
            }
        }
    }

private:
    static test::Trace::Taste taste() {
        test::Trace::Taste t{.weights = {}, .outside = 10, .failing = 5, .prologue = 0};
        t.weights.fill(1);
        t.weights[test::Trace::ipc] = 6;
        return t;
    }

    kern::Thread* find(std::uint32_t task, std::uint32_t lthread) {
        return session_.lockstep().kernel().find({.task = kern::TaskNo{static_cast<std::uint16_t>(task)},
                                                  .lthread = static_cast<std::uint8_t>(lthread)});
    }

    l4_threadid_t any_id() {
        switch (dice_.below(6)) {
            case 0: return l4_invalid_id();
            case 1: return l4_nil_id();
            case 2: return {dice_.word(), dice_.word()};
            default: {
                const std::uint32_t task = task_number(), lthread = dice_.below(3);
                return l4_threadid(task, lthread);
            }
        }
    }
    std::uint32_t task_number() { return dice_.below(8) == 0 ? dice_.below(L4_TASKS) : 2 + dice_.below(6); }

    /// What a pager or preempter becomes (6.3): kept, unless the new one is nil or names a thread that
    /// exists.
    l4_threadid_t replaced(l4_threadid_t old, l4_threadid_t by) {
        if (by.low == L4_INVALID_LOW) return old;
        return by.low == L4_NIL_LOW || find(l4_id_task(by), l4_id_lthread(by)) ? by : old;
    }

    /// 6.1, 13: its own threads, those that a thread of its task is pager of, and new ones beside such a
    /// thread 0.
    bool may_control(std::uint32_t own, std::uint32_t where, std::uint32_t lthread) {
        const kern::Thread* const there = find(where, lthread);
        const kern::Thread* const ruled = there ? there : find(where, 0);
        return where == own || (ruled && l4_id_task(ruled->pager()) == own);
    }

    void ex_regs() {
        const kern::Thread& caller = session_.lockstep().current();
        const kern::ThreadId caller_id = caller.id();
        const std::uint32_t own = caller_id.task.raw();
        const std::uint32_t task = dice_.below(3) == 0 ? task_number() : dice_.below(2) * own;
        const std::uint32_t lthread = dice_.below(4) ? dice_.below(3) : dice_.below(L4_THREADS_PER_TASK);
        sim::Regs r;
        r.eax = l4_ex_regs_target(task, lthread) | (dice_.below(4) == 0 ? L4_EX_REGS_NO_CANCEL : 0);
        r.ecx = dice_.below(2) ? dice_.word() : L4_EX_REGS_KEEP;
        r.edx = dice_.below(2) ? dice_.word() : L4_EX_REGS_KEEP;
        const l4_threadid_t pager = any_id(), preempter = any_id();
        r.esi = pager.low, r.edi = pager.high, r.ebx = preempter.low, r.ebp = preempter.high;

        const std::uint32_t where = task == 0 ? own : task;
        const bool may = may_control(own, where, lthread);
        const kern::Thread* const target = may ? find(where, lthread) : nullptr;
        const bool existed = target != nullptr;
        const Seen before = existed ? look(*target) : Seen{};
        const l4_threadid_t new_pager = replaced(before.pager, pager);
        const l4_threadid_t new_preempter = replaced(before.preempter, preempter);
        if (!session_.step(Action::call(L4_VEC_LTHREAD_EX_REGS, r))) return;
        const kern::Thread* const self = find(own, caller_id.lthread);
        session_.expect(self != nullptr, "the caller is gone");
        if (existed)
            check_existing(r, *self, *find(where, lthread), before, new_pager, new_preempter);
        else
            check_new(r, *self, may ? find(where, lthread) : nullptr, may);
        if (!may && task < L4_TASKS) check_stranger(task, lthread);
    }

    /// 6.3
    void check_existing(const sim::Regs& r, const kern::Thread& self, const kern::Thread& target,
                        const Seen& before, l4_threadid_t pager, l4_threadid_t preempter) {
        const bool starts = before.dead && r.edx != L4_EX_REGS_KEEP;
        const arch::Frame& f = self.frame;
        session_.expect(f.eax == before.eflags && f.ecx == before.esp && f.edx == before.eip &&
                            same({f.esi, f.edi}, before.pager) && same({f.ebx, f.ebp}, before.preempter),
                        "the old values are not reported");
        const Seen now = look(target);
        session_.expect(now.esp == (r.ecx == L4_EX_REGS_KEEP ? before.esp : r.ecx), "esp");
        session_.expect(now.eip == (r.edx == L4_EX_REGS_KEEP ? before.eip : r.edx), "eip");
        session_.expect(same(now.pager, pager) && same(now.preempter, preempter), "pager or preempter");
        session_.expect(now.dead == (before.dead && !starts), "dead or alive");
    }

    /// 6.1, 6.2
    void check_new(const sim::Regs& r, const kern::Thread& self, const kern::Thread* made, bool may) {
        if (!may || !made) return session_.expect(self.frame.eax == L4_EX_REGS_ERROR, "this is not allowed");
        session_.expect(self.frame.eax == 0, "a new thread is reported by 0");
        session_.expect(sim::Regs::of(self.frame) == sim::Regs{0, r.ebx, r.ecx, r.edx, r.esi, r.edi, r.ebp},
                        "the other registers stay");
        const Seen now = look(*made);
        session_.expect(now.esp == (r.ecx == L4_EX_REGS_KEEP ? 0 : r.ecx) && now.eip == r.edx, "esp or eip");
        const l4_threadid_t nil = l4_nil_id();
        const bool no_pager = r.esi == L4_INVALID_LOW, no_preempter = r.ebx == L4_INVALID_LOW;
        session_.expect(same(now.pager, no_pager ? nil : l4_threadid_t{r.esi, r.edi}),
                        "the new thread's pager");
        session_.expect(same(now.preempter, no_preempter ? nil : l4_threadid_t{r.ebx, r.ebp}),
                        "the new thread's preempter");
        session_.expect(now.dead == (r.edx == L4_EX_REGS_KEEP), "whether the new thread runs");
        session_.expect(made->prio() == self.prio() && made->mcp() == self.mcp(), "its priority");
    }

    /// Nothing was created where the caller has nothing to say; that nothing else changed the specification
    /// sees.
    void check_stranger(std::uint32_t task, std::uint32_t lthread) {
        if (!session_.lockstep().kernel().tasks().task(kern::TaskNo{static_cast<std::uint16_t>(task)}))
            session_.expect(find(task, lthread) == nullptr, "a thread without a task");
    }

    test::Dice dice_;
    Session& session_;
    test::Trace trace_;
};

} // namespace
} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    fuzz::Session session("fuzz_ex_regs", {.kernel_pages = data[0] % 2 ? 68u : 96u});
    fuzz::Player({data + 1, size - 1}, session).play();
    return 0;
}
