// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/observe.h"

#include <cstring>

#include "l4/abi/limits.h"
#include "test/support/observe_memory.h"

namespace test {
namespace {

using kern::Fault;
using kern::Op;
using kern::Wait;
using spec::ThreadState;

constexpr spec::Id id_of(l4_threadid_t id) { return {id.low, id.high}; }
constexpr spec::Time finite(kern::Micros t) { return t == kern::never ? 0 : t.raw(); }
constexpr std::optional<spec::Time> deadline_of(kern::Micros t) {
    return t == kern::never ? std::nullopt : std::optional(t.raw());
}

ThreadState fault_state(const kern::Thread& t) {
    switch (t.wait().what) {
        case Wait::For::send: return ThreadState::fault_send;
        case Wait::For::transfer: return ThreadState::fault_partner;
        default: return ThreadState::fault_receive;
    }
}

ThreadState state_of(const kern::Thread& t) {
    if (t.fault().kind != Fault::Kind::none && !t.ready()) return fault_state(t);
    switch (t.wait().what) {
        case Wait::For::nothing: return t.in_kernel() ? ThreadState::in_kernel : ThreadState::ready;
        case Wait::For::send: return ThreadState::send;
        case Wait::For::receive: return ThreadState::receive_closed;
        case Wait::For::receive_any: return ThreadState::receive_open;
        case Wait::For::interrupt: return ThreadState::irq;
        case Wait::For::sleep: return ThreadState::sleep;
        case Wait::For::transfer: return ThreadState::partner;
        case Wait::For::fault_of: return ThreadState::driver;
        case Wait::For::stopped: return ThreadState::stopped;
        case Wait::For::dead: break;
    }
    return ThreadState::dead;
}

/// The other side of the transfer that `t` drives or receives, if there is one; not of an answer to a page
/// fault.
struct TransferRole {
    spec::Role role = spec::Role::none;
    const kern::Thread* peer = nullptr;
};
TransferRole role_of(const kern::Thread& t) {
    if (t.transfer().to) return {spec::Role::driver, t.transfer().to};
    if (t.fault().kind == Fault::Kind::transfer) return {spec::Role::partner, t.fault().driver};
    if (t.fault().of_program() || t.wait().what != Wait::For::transfer) return {};
    return {spec::Role::partner, t.wait().with};
}

/// Low word of the partner's id as thread_schedule would tell it (docs/semantics.md 3.5).
spec::Word partner_of(const kern::Kernel& kernel, const kern::Thread& t) {
    switch (t.wait().what) {
        case Wait::For::nothing:
            return t.op() == Op::transfer ? kernel.report(t.transfer().to->id()).low : L4_NIL_LOW;
        case Wait::For::send:
        case Wait::For::transfer:
        case Wait::For::fault_of: return kernel.report(t.wait().with->id()).low;
        case Wait::For::receive: return kernel.report(t.wait().peer).low;
        case Wait::For::interrupt: return l4_irq_id(t.irq_line().raw()).low;
        default: return L4_NIL_LOW;
    }
}

spec::FaultKind fault_of(const kern::Thread& t) {
    switch (t.fault().kind) {
        case Fault::Kind::none: break;
        case Fault::Kind::user: return spec::FaultKind::user;
        case Fault::Kind::exception: return spec::FaultKind::exception;
        case Fault::Kind::transfer: return spec::FaultKind::transfer;
    }
    return spec::FaultKind::none;
}

/// Of the thread's program; in the processor while that is its owner's.
std::array<std::uint8_t, 512> fpu_of(const kern::Kernel& kernel, arch::Machine& machine,
                                     const kern::Thread& t) {
    std::array<std::uint8_t, 512> bytes;
    const arch::FpuState& state = kernel.fpu_owner() == &t ? machine.fpu() : t.fpu;
    std::memcpy(bytes.data(), state.bytes.data(), bytes.size());
    return bytes;
}

spec::ThreadView observe_thread(const kern::Kernel& kernel, arch::Machine& machine, const kern::Thread& t) {
    const TransferRole transfer = role_of(t);
    spec::ThreadView view{
        .state = state_of(t),
        .partner = partner_of(kernel, t),
        .fault = fault_of(t),
        .role = transfer.role,
        .peer = transfer.peer ? name_of(transfer.peer->id()) : spec::nobody,
        .deadline = deadline_of(t.timeout.deadline),
        .prio = t.prio().raw(),
        .mcp = t.mcp(),
        .slice = finite(t.slice()),
        .remaining = finite(t.remaining()),
        .consumed = t.consumed().raw(),
        .pager = id_of(t.pager()),
        .internal_preempter = id_of(t.internal_preempter()),
        .external_preempter = id_of(t.external_preempter()),
        .registers = registers_of(t.frame),
        .trapno = t.fault().trapno,
        .err = t.fault().err,
        .pfa = t.fault().pfa,
        .alien = t.alien(),
        .dealien = t.dealien(),
        .reflection = t.reflection(),
        .after_call = t.after_call(),
        .triggered = t.triggered(),
        .time_fault = t.time_fault(),
        .stop = t.stop(),
        .time_limit = deadline_of(t.time_limit()),
        .tls = t.tls(),
        .idt_base = t.idt_base(),
        .idt_limit = t.idt_limit(),
        .fpu = fpu_of(kernel, machine, t),
        .senders = {},
    };
    t.senders.for_each([&](const kern::Thread& s) { view.senders.push_back(name_of(s.id())); });
    return view;
}

void observe_scheduling(const kern::Kernel& kernel, spec::Observation& o) {
    if (!kernel.current().idle()) o.current = name_of(kernel.current().id());
    for (unsigned prio = 0; prio < L4_PRIOS; ++prio) {
        kernel.scheduler().for_each(kern::Prio{static_cast<std::uint8_t>(prio)},
                                    [&](const kern::Thread& t) { o.ready[prio].push_back(name_of(t.id())); });
    }
    if (const kern::Thread* const donor = kernel.scheduler().donor())
        o.donation = {name_of(donor->id()), name_of(kernel.scheduler().donee()->id())};
}

void observe_irqs(const kern::Kernel& kernel, arch::Machine& machine, spec::Observation& o) {
    for (unsigned l = 0; l < L4_IRQS; ++l) {
        const kern::Line line{static_cast<std::uint8_t>(l)};
        const kern::IrqTable::Entry& entry = kernel.irqs()[line];
        const bool masked = !machine.offers(line) || machine.irqs().masked(line);
        if (entry.owner || entry.pending || !masked)
            o.irqs[l] = {entry.owner ? name_of(entry.owner->id()) : spec::nobody, entry.pending, masked};
    }
}

/// All of an active task but its mappings.
spec::TaskView observe_task(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task) {
    spec::TaskView view;
    view.chief = kernel.tasks().chief(task.no()).raw();
    view.nest = task.nest();
    const kern::Task* payer = &task;
    while (!payer->owns_account()) payer = payer->chief();
    view.account_of = payer->no().raw();
    if (payer == &task) view.account = observe_account(task.account());
    task.present().for_each([&](const kern::Thread& t) { view.present.push_back(name_of(t.id())); });
    observe_ports(kernel, machine, task, view);
    return view;
}

} // namespace

spec::Observation observe(const kern::Kernel& kernel, arch::Machine& machine) {
    spec::Observation o;
    observe_scheduling(kernel, o);
    observe_irqs(kernel, machine, o);
    o.timer = deadline_of(machine.timer().deadline());
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) {
        const kern::TaskNo number{n};
        const kern::TaskNo chief = kernel.tasks().chief(number);
        const kern::Task* const task = kernel.tasks().task(number);
        if (task) {
            o.tasks[n] = observe_task(kernel, machine, *task);
            task->present().for_each([&](const kern::Thread& t) {
                o.threads[name_of(t.id())] = observe_thread(kernel, machine, t);
            });
        } else if (n >= L4_TASK_FIRST_USER && chief != kern::TaskNo{L4_TASK_ROOT}) {
            o.chiefs[n] = chief.raw();
        }
    }
    observe_mappings(kernel, machine, o);
    return o;
}

std::optional<spec::ThreadView> observe(const kern::Kernel& kernel, arch::Machine& machine,
                                        kern::ThreadId id) {
    const kern::Thread* const t = kernel.find(id);
    return t ? std::optional(observe_thread(kernel, machine, *t)) : std::nullopt;
}

spec::Config configuration(const kern::Kernel& kernel, arch::Machine& machine, const kern::Limits& limits,
                           std::uint32_t sigma0_frames) {
    const kern::Thread& sigma0 = *kernel.find({.task = kern::TaskNo{L4_TASK_SIGMA0}, .lthread = 0});
    const kern::Thread& root = *kernel.find({.task = kern::TaskNo{L4_TASK_ROOT}, .lthread = 0});
    spec::Config config{
        .kernel_frames = machine.memory().kernel_frames() - L4_KMEM_IO_BITMAP, // sigma0's is in no account
        .sigma0_frames = sigma0_frames,
        .kernel_begin = arch::Memory::kernel_base.raw(),
        .kernel_end =
            arch::Memory::kernel_base.raw() + machine.memory().kernel_frames() * arch::Memory::frame_size,
        .ram_bytes = machine.memory().user_frames() * arch::Memory::frame_size,
        .irq_lines = 0,
        .sigma0_eip = sigma0.frame.eip,
        .sigma0_esp = sigma0.frame.esp,
        .root_eip = root.frame.eip,
        .root_esp = root.frame.esp,
        .timeouts = limits.timeouts,
        .boot_time = machine.now().raw(),
    };
    for (unsigned l = 0; l < 64; ++l)
        if (machine.offers(kern::Line{static_cast<std::uint8_t>(l)}))
            config.irq_lines |= std::uint64_t{1} << l;
    return config;
}

spec::Registers registers_of(const arch::Frame& f) {
    return {f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp, f.esp, f.eip, f.eflags, f.gs, f.fs};
}

spec::Event event_of(const kern::Event& e) {
    switch (e.kind) {
        case kern::Event::Kind::syscall: return spec::Event::syscall(e.code);
        case kern::Event::Kind::page_fault: return spec::Event::page_fault(e.addr.raw(), e.code);
        case kern::Event::Kind::exception: return spec::Event::exception(e.code, e.addr.raw());
        case kern::Event::Kind::io_fault: return spec::Event::io_fault(e.addr.raw(), e.code);
        case kern::Event::Kind::emulate: return spec::Event::emulate(static_cast<spec::Emulated>(e.code));
        case kern::Event::Kind::irq: return spec::Event::irq(e.code);
        case kern::Event::Kind::timer: return spec::Event::timer();
        case kern::Event::Kind::resume: break;
    }
    return spec::Event::resume();
}

} // namespace test
