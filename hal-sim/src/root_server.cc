// SPDX-License-Identifier: BSD-2-Clause
#include "sim/root_server.h"

#include "kern/ensure.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "sim/world.h"

namespace sim {
namespace {

/// L4_SLICE_DEFAULT_US in the format of thread_schedule, which rounds up to milliseconds.
constexpr std::uint32_t default_slice_man = 39, default_slice_exp = 11;
static_assert((default_slice_man * 256 + 999) / 1000 * 1000 == L4_SLICE_DEFAULT_US);

} // namespace

RootServer::RootServer(World& world) : world_(world) {
    park_ = world_.program([](User u) { return park(u); });
    starter_ = world_.program([this](User u) { return start_others(u); });
}

bool RootServer::request(const Spawn& spawn) {
    kern::ensure(spawn.task != 0, "spawn: no task number");
    if (spawn.task == L4_TASK_ROOT) {
        kern::ensure(spawn.lthread != 0, "spawn: root's thread 0 runs already");
        queue_.push_back(spawn);
    } else if (spawn.lthread == 0) {
        asked_.insert(spawn.task);
        queue_.push_back(spawn);
    } else {
        kern::ensure(asked_.contains(spawn.task) || !started_.contains(spawn.task),
                     "spawn: ask for all threads of a task before it runs, or let it start them itself");
        if (asked_.insert(spawn.task).second) queue_.push_back({.task = spawn.task, .program = park_});
        others_[spawn.task].push_back(spawn);
    }
    return waiting_;
}

void RootServer::share(std::uint16_t task, std::uint32_t va, std::uint16_t other, std::uint32_t other_va) {
    shared_[{task, va & L4_FP_PAGE_MASK}] = {other, other_va & L4_FP_PAGE_MASK};
}

/// The part that a new task does itself: thread 0 stands here before its own program begins.
Program RootServer::start_others(User u) {
    const std::uint16_t task = u.id().task.raw();
    Entry own = park_;
    while (!others_[task].empty()) {
        const Spawn s = others_[task].front();
        others_[task].pop_front();
        if (s.lthread == 0) {
            own = s.program;
        } else if (!co_await start(u, s)) {
            ++failures_;
        }
    }
    co_await u.jump(own);
}

Routine<bool> RootServer::start(User u, const Spawn& request) {
    const Spawn s = request;
    const l4_threadid_t id = l4_threadid(s.task, s.lthread);
    if (s.lthread == 0) {
        asked_.erase(s.task);
        started_.insert(s.task);
        Entry entry = s.program;
        if (const auto others = others_.find(s.task); others != others_.end() && !others->second.empty()) {
            others->second.push_back(s); // last: starter_ jumps to it
            entry = starter_;
        }
        const TaskNewResult made = co_await u(TaskNew{.task = id,
                                                      .mcp_or_chief = l4_task_new_create(s.mcp, s.quota),
                                                      .esp = s.esp,
                                                      .eip = entry.eip,
                                                      .pager = s.pager});
        if (!made.ok()) co_return false;
    } else {
        const ExRegsResult made =
            co_await u(ExRegs{.target = s.lthread, .esp = s.esp, .eip = s.program.eip, .pager = s.pager});
        if (!made.ok()) co_return false;
    }
    if (!s.prio) co_return true;
    const ScheduleResult set = co_await u(
        ThreadSchedule{.thread = id, .param = l4_sched_param(*s.prio, default_slice_man, default_slice_exp)});
    co_return set.ok();
}

Routine<int> RootServer::drain(User u) {
    int started = 0;
    while (!queue_.empty()) {
        const Spawn s = queue_.front();
        queue_.pop_front();
        const bool ok = co_await start(u, s);
        if (ok)
            ++started;
        else
            ++failures_;
    }
    co_return started;
}

/// Where root holds the page; a new one comes from sigma0.  0: there is none.
Routine<std::uint32_t> RootServer::backing(User u, Page wanted) {
    const auto alias = shared_.find(wanted);
    const Page page = alias == shared_.end() ? wanted : alias->second;
    if (const auto known = pages_.find(page); known != pages_.end()) co_return known->second;
    if (next_ == heap_end) co_return 0;
    const IpcResult got = co_await u.call_for_fpage(l4_threadid(L4_TASK_SIGMA0, 0), L4_SIGMA0_ANY_PAGE, 0,
                                                    l4_fpage(next_, L4_PAGE_SHIFT, 0));
    if (!got.ok() || !got.fpage()) co_return 0;
    pages_[page] = next_;
    next_ += 1u << L4_PAGE_SHIFT;
    co_return next_ - (1u << L4_PAGE_SHIFT);
}

Program RootServer::run(User u) {
    co_await u.attach(bell);
    co_await drain(u);
    waiting_ = true;
    IpcResult m = co_await u.wait();
    for (;;) {
        if (!m.ok()) {
            m = co_await u.wait();
        } else if (m.from_irq(bell)) {
            co_await drain(u);
            m = co_await u.wait();
        } else if (l4_fpage_is_io(m.w0)) {
            m = co_await u.reply_and_wait(m.from, L4_PF_REFUSED, 0); // it has no ports to give
        } else {
            const std::uint32_t page = m.w0 & L4_FP_PAGE_MASK;
            const auto task = static_cast<std::uint16_t>(l4_id_task(m.from));
            const std::uint32_t at = co_await backing(u, Page{task, page});
            if (at != 0)
                m = co_await u.reply_fpage_and_wait(m.from, page, l4_fpage(at, L4_PAGE_SHIFT, L4_FP_WRITE));
            else
                m = co_await u.reply_and_wait(m.from, L4_PF_REFUSED, 0);
        }
    }
}

} // namespace sim
