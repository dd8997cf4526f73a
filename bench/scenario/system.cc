// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/system.h"

#include "kern/ensure.h"
#include "l4/abi/limits.h"

namespace bench {
namespace {

using kern::ensure;

constexpr std::uint32_t sigma0_frames = 32;
constexpr l4_threadid_t sigma0_id = l4_threadid(L4_TASK_SIGMA0, 0);

/// Kernel memory for what is asked for, and for what a scenario has besides.
std::uint32_t frames(const System::Config& c) {
    const std::uint32_t tasks = c.threads / L4_THREADS_PER_TASK + 1;
    const std::uint32_t tables = c.mappings / ia32::entries + 1;
    return 256 + tasks * L4_KMEM_TASK + c.threads / L4_KMEM_THREADS_PER_FRAME + tables * L4_KMEM_TABLE +
           c.mappings / L4_KMEM_NODES_PER_FRAME;
}

kern::BootInfo boot(const System::Config& c) {
    return {.kernel_first = arch::Memory::kernel_base,
            .kernel_frames = frames(c),
            .sigma0_frames = sigma0_frames,
            .sigma0_ip = kern::VAddr{System::ip},
            .root_ip = kern::VAddr{System::ip}};
}

} // namespace

System::System(const Config& c)
    : machine_({.user_pages = ia32::entries, .kernel_pages = frames(c)}),
      kernel_(machine_, boot(c), c.limits),
      root_(&kernel_.start()),
      current_(root_) {
    call(sim::ThreadSchedule{.thread = id(*root_),
                             .param = l4_sched_param(L4_PRIO_ROOT, 0, 0)}); // endless slice
    ensure(root_->slice() == kern::never, "bench: root has an endless slice");
    feed_root();
}

/// sigma0 gets its memory by a page fault, hands a part of it to root, and waits for ever.
void System::feed_root() {
    call(sim::Ipc{.partner = sigma0_id, .receive = window});
    event({.kind = kern::Event::Kind::page_fault,
           .code = ia32::fault_user | ia32::fault_write,
           .addr = kern::VAddr{memory}});
    call(sim::Ipc{.partner = id(*root_),
                  .w0 = memory,
                  .w1 = l4_fpage(memory, memory_log2, L4_FP_WRITE),
                  .send = L4_SND_MAP | L4_SND_DECEIT});
    settle();
    ensure(current_->task_no() == kern::TaskNo{L4_TASK_SIGMA0}, "bench: sigma0 goes on after its message");
    call(wait());
    root_runs();
    ensure(sim::IpcResult::of(sim::Regs::of(root_->frame)).fpage(), "bench: root has got memory");
}

void System::root_runs() { ensure(current_ == root_ && !root_->in_kernel(), "bench: root runs"); }

kern::Thread& System::new_task(std::uint16_t task) {
    const l4_threadid_t first = l4_threadid(task, 0);
    call(sim::TaskNew{.task = first, .eip = ip, .pager = id(*root_)});
    settle();
    ensure(sim::TaskNewResult::of(sim::Regs::of(current_->frame)).ok(), "bench: a task is made");
    return *kernel_.find(kern::ThreadId::of(first));
}

void System::kill_task(std::uint16_t task) {
    call(sim::TaskNew{.task = l4_threadid(task, 0), .mcp_or_chief = id(*current_).low});
    settle();
    ensure(sim::TaskNewResult::of(sim::Regs::of(current_->frame)).ok(), "bench: a task is killed");
}

kern::Thread& System::new_thread(std::uint8_t lthread) {
    const kern::ThreadId made{current_->task_no(), lthread};
    call(sim::ExRegs{.target = lthread, .esp = 0, .eip = ip, .pager = id(*root_), .preempter = {}});
    kern::Thread* const t = kernel_.find(made);
    ensure(t != nullptr && t->ready(), "bench: a thread is made");
    return *t;
}

void System::as(kern::Thread& t) {
    root_runs();
    if (&t == root_) return;
    call(sim::ThreadSwitch{.to = id(t)});
    ensure(current_ == &t, "bench: root lends its time to a ready thread");
}

void System::back() {
    if (current_ != root_) call(sim::ThreadSwitch{});
    root_runs();
}

void System::set_prio(kern::Thread& t, std::uint8_t prio) {
    constexpr std::uint32_t man = 39, exp = 11; // the default slice
    root_runs();
    call(sim::ThreadSchedule{.thread = id(t), .param = l4_sched_param(prio, man, exp)});
    ensure(t.prio().raw() == prio, "bench: a priority is set");
}

void System::root_sleeps() {
    root_runs();
    call(sleep());
    ensure(current_ != root_, "bench: root sleeps");
}

void System::give(kern::Thread& to, std::uint32_t from, std::uint32_t log2, std::uint32_t va) {
    park(to, sim::Ipc{.partner = id(*root_), .receive = window});
    call(sim::Ipc{.partner = id(to),
                  .w0 = va,
                  .w1 = l4_fpage(from, log2, L4_FP_WRITE),
                  .send = L4_SND_MAP | L4_SND_DECEIT});
    settle();
    root_runs();
    ensure(sim::IpcResult::of(sim::Regs::of(to.frame)).fpage(), "bench: memory is given");
}

} // namespace bench
