// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/stage.h"

#include <map>
#include <string>

#include "kern/ensure.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/timeout.h"
#include "sim/calls.h"
#include "test/lockstep/run.h"
#include "x86/limits.h"

namespace fuzz {
namespace {

using test::Action;

constexpr l4_threadid_t root = l4_threadid(L4_TASK_ROOT, 0);
constexpr std::uint32_t page = 0x1000, other_page = 0x2000, super = 0x400000;
constexpr std::uint32_t line = 3, quota = 18;

constexpr unsigned full_each = 1024; ///< events, until everything is compared

test::LockstepConfig configuration(const StageKind& kind) {
    test::LockstepConfig c;
    c.machine = {.user_pages = 2112, .kernel_pages = kind.kernel_pages};
    c.sigma0_frames = 16;
    c.compare = kind.mode != test::Mode::alone;
    c.full_each = full_each;
    const std::uint32_t n = kind.steps_per_entry;
    if (kind.mode != test::Mode::free)
        c.limits = {.bytes = 40 * n, .pages = n, .timeouts = n, .threads = n, .chain = n};
    if (kind.pc) c.limits = x86::limits;
    return c;
}

class Director {
public:
    Director(test::Recording& recording, test::Lockstep& lockstep) : recording_(recording), on_(lockstep) {}

    /// The next steps are this thread's.
    Director& as(std::uint32_t task, std::uint32_t lthread) {
        on_.settle();
        const kern::ThreadId id = on_.current().id();
        kern::ensure(on_.mismatch().empty() && id.task.raw() == task && id.lthread == lthread,
                     "the stage is not set up as it should be");
        return *this;
    }
    Director& store(std::uint32_t at) { return act(Action::store(at, 1)); }
    Director& load(std::uint32_t at) { return act(Action::load(at)); }
    template <class Call>
    Director& call(const Call& call) {
        return act(Action::call(Call::vector, call.regs()));
    }
    /// Answers a fault at `at` with this page, and waits for the next.
    Director& answer(l4_threadid_t who, std::uint32_t at, std::uint32_t fpage) {
        return call(
            sim::Ipc{.partner = who, .w0 = at, .w1 = fpage, .send = L4_SND_MAP, .receive = L4_RCV_OPEN});
    }

private:
    Director& act(const Action& action) {
        recording_.actions.push_back(action);
        test::act(action, recording_.mode, on_);
        return *this;
    }
    test::Recording& recording_;
    test::Lockstep& on_;
};

constexpr std::uint32_t write_page(std::uint32_t at, std::uint32_t log2) {
    return l4_fpage(at, log2, L4_FP_WRITE);
}

void give_root_memory(Director& d) {
    d.as(L4_TASK_ROOT, 0).store(page);
    d.as(L4_TASK_SIGMA0, 0).load(0).load(super).call(sim::Ipc{.receive = L4_RCV_OPEN});
    d.answer(root, 0, write_page(0, L4_FP_SUPERPAGE_SIZE));
    d.as(L4_TASK_ROOT, 0).store(page).store(super);
    d.as(L4_TASK_SIGMA0, 0).answer(root, super, write_page(super, 14));
}

void make_tasks(Director& d) {
    d.as(L4_TASK_ROOT, 0);
    for (const std::uint32_t task : {5u, 6u})
        d.call(sim::TaskNew{.task = l4_threadid(task, 0),
                            .mcp_or_chief = l4_task_new_create(L4_MCP_ROOT, task == 6 ? quota : 0),
                            .esp = 0x9000,
                            .eip = 0x8000,
                            .pager = root});
    const sim::ExRegs thread_1{.target = 1, .esp = 0x9000, .eip = 0x8000, .pager = root};
    d.call(thread_1).call(sim::Ipc{.receive = L4_RCV_OPEN});
    d.as(5, 0).call(thread_1);
}

void give_pages(Director& d) {
    d.as(5, 0).store(page);
    d.as(L4_TASK_ROOT, 0).answer(l4_threadid(5, 0), page, write_page(other_page, 12));
    d.as(5, 0).store(page).call(sim::ThreadSwitch{});
    d.as(6, 0).store(page);
    d.as(L4_TASK_ROOT, 0).answer(l4_threadid(6, 0), page, write_page(super, 12));
    d.as(6, 0).store(page).call(sim::ThreadSwitch{});
    const l4_threadid_t irq = l4_irq_id(line);
    d.as(L4_TASK_ROOT, 1)
        .call(sim::Ipc{.partner = irq, .receive = 0, .timeout = l4_timeout(0, 1, 0, 1)})
        .call(sim::Ipc{.partner = irq, .receive = 0});
    d.as(5, 1).call(sim::ThreadSwitch{});
    d.as(5, 0);
}

} // namespace

Stage::Stage(const StageKind& kind)
    : prologue_{.mode = kind.mode, .config = configuration(kind), .actions = {}, .results = {}},
      lockstep_(prologue_.config) {
    Director d(prologue_, lockstep_);
    give_root_memory(d);
    make_tasks(d);
    give_pages(d);
    ready_ = lockstep_.save();
}

test::Lockstep& Stage::reset() {
    lockstep_.restore(*ready_);
    return lockstep_;
}

Stage& stage(const StageKind& kind) {
    static std::map<StageKind, Stage> stages;
    return stages.try_emplace(kind, kind).first->second;
}

} // namespace fuzz
