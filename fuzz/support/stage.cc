// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/stage.h"

#include <string>

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/timeout.h"
#include "sim/calls.h"

namespace fuzz {
namespace {

using test::Action;

constexpr l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), root = l4_threadid(L4_TASK_ROOT, 0);
constexpr std::uint32_t page = 0x1000, other_page = 0x2000, super = 0x400000;
constexpr std::uint32_t line = 3, quota = 12;

class Director {
public:
    explicit Director(Session& session) : session_(session) {}

    /// The next steps are this thread's.
    Director& as(std::uint32_t task, std::uint32_t lthread) {
        session_.lockstep().settle();
        const kern::ThreadId id = session_.lockstep().current().id();
        expect(id.task.raw() == task && id.lthread == lthread, "stage",
               "another thread runs than " + std::to_string(task) + "." + std::to_string(lthread));
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
        return call(sim::Ipc{
            .partner = who, .w0 = at, .w1 = fpage, .send = L4_SND_MAP, .receive = L4_RCV_OPEN});
    }

private:
    Director& act(const Action& action) {
        session_.step(action);
        return *this;
    }
    Session& session_;
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

} // namespace

void set_up_stage(Session& session) {
    Director d(session);
    give_root_memory(d);
    make_tasks(d);
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

} // namespace fuzz
