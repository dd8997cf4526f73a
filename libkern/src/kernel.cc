// SPDX-License-Identifier: BSD-2-Clause
// One way in, one way out.
#include "l4/abi/exception.h"
#include "switch.h"

namespace kern {

static_assert(static_cast<unsigned>(Event::Kind::syscall) == L4_COUNT_SYSCALL &&
              static_cast<unsigned>(Event::Kind::page_fault) == L4_COUNT_PAGE_FAULT &&
              static_cast<unsigned>(Event::Kind::exception) == L4_COUNT_EXCEPTION &&
              static_cast<unsigned>(Event::Kind::io_fault) == L4_COUNT_IO_FAULT &&
              static_cast<unsigned>(Event::Kind::emulate) == L4_COUNT_EMULATE &&
              static_cast<unsigned>(Event::Kind::irq) == L4_COUNT_IRQ &&
              static_cast<unsigned>(Event::Kind::timer) == L4_COUNT_TIMER &&
              static_cast<unsigned>(Event::Kind::resume) == L4_COUNT_RESUME);

Kernel::Kernel(arch::Machine& machine, const BootInfo& boot, const Limits& limits)
    : machine_(machine),
      boot_(boot),
      limits_(limits),
      frames_(machine, boot.kernel_first, boot.kernel_frames),
      kernel_account_(frames_, boot.kernel_frames - L4_KMEM_IO_BITMAP), // sigma0's is in no account
      map_db_(machine, frames_,
              {.first = boot.image_first, .end = boot.image_end, .directory = boot.directory}),
      idle_(nullptr, ThreadId{}, Prio{0}, 0),
      now_(machine_.now()) {
    idle_.slice_ = idle_.remaining_ = never;
}

Thread& Kernel::handle(const Event& e) {
    if constexpr (Ext::shortcut) {
        Thread* next = nullptr;
        if (e.kind == Event::Kind::syscall && e.code == L4_VEC_IPC)
            next = ipc_shortcut();
        else if (e.kind == Event::Kind::exception || e.kind == Event::Kind::page_fault)
            next = fault_shortcut(e);
        else if (e.kind == Event::Kind::syscall && e.code == L4_VEC_FPAGE_UNMAP)
            next = unmap_shortcut();
        if (next) return *next;
    }
    return handle_any(e);
}

/// By the long way.
Thread& Kernel::handle_any(const Event& e) {
    charge(machine_.now(), current(), slice_owner());
    Thread& self = current();
    l4_counters_t& counters = machine_.event_counters();
    ++counters.events[static_cast<unsigned>(e.kind)];
    switch (e.kind) {
        case Event::Kind::syscall: syscall(self, e.code); break;
        case Event::Kind::page_fault: page_fault(self, e.addr, e.code); break;
        case Event::Kind::exception: exception(self, e.code, e.addr.raw()); break;
        case Event::Kind::io_fault: io_fault(self, e.addr.raw(), e.code); break;
        case Event::Kind::emulate: emulate(self, static_cast<ia32::Emulated>(e.code)); break;
        case Event::Kind::irq: irq(Line{static_cast<std::uint8_t>(e.code)}); break;
        case Event::Kind::timer: timer(); break;
        case Event::Kind::resume: resume(self); break;
    }
    Thread& next = leave();
    if (&next != &self) ++counters.switches;
    return next;
}

void Kernel::syscall(Thread& self, std::uint32_t vector) {
    if (vector < L4_VEC_IPC || vector > L4_VEC_TASK_NEW)
        return exception(self, L4_TRAP_PROTECTION, l4_exc_err_int(vector));
    if (self.alien() && !alien_may_call(self, vector)) return;
    switch (vector) {
        case L4_VEC_IPC: return sys_ipc(self);
        case L4_VEC_ID_NEAREST: return sys_id_nearest(self);
        case L4_VEC_FPAGE_UNMAP: return sys_unmap(self);
        case L4_VEC_THREAD_SWITCH: return sys_thread_switch(self);
        case L4_VEC_THREAD_SCHEDULE: return sys_thread_schedule(self);
        case L4_VEC_LTHREAD_EX_REGS: return sys_ex_regs(self);
        default: return sys_task_new(self);
    }
}

/// Goes on with the long operation of the running thread.
void Kernel::resume(Thread& self) {
    switch (self.op_) {
        case Op::transfer: return run_transfer(self);
        case Op::receive_phase: return begin_receive(self);
        case Op::unmap: return run_unmap(self);
        case Op::task_new: return run_task_new(self);
        case Op::text: return run_text(self);
        case Op::none: return run_deferred(self);
    }
}

/// After steps that a bound has ended: the running thread's operation goes on at once if nobody else wants
/// the processor.
bool Kernel::goes_on() { return scheduler_.pick() == &current() && !machine_.interrupted(); }

/// Picks who runs next.
Thread& Kernel::leave() {
    if (Thread* const next = scheduler_.pick()) [[likely]]
        return leave_to(*next);
    scheduler_.run(idle_);
    arm_timer();
    return idle_;
}

/// What may have become due since t was in user mode: its time limit, and the loss of a port.  Without the
/// privilege t could not let interrupts in again.  Not in the midst of an operation, which shall look as if
/// it were done at once.
void Kernel::prepare(Thread& t) {
    if (t.op_ != Op::none) return;
    if (t.time_limit() <= now_) {
        t.set_time_limit(never);
        t.deferred_.time_fault = true;
    }
    if (t.has_iopl_ && !map_db_.holds_all_ports(t.task().space())) t.set_iopl(false);
}

/// Version and site are 0; chief and nest are bookkeeping that a number keeps while no task is behind it.
l4_threadid_t Kernel::report(ThreadId id) const {
    const Task* const task = tasks_.task(id.task);
    l4_threadid_t out = l4_threadid(id.task.raw(), id.lthread);
    out.high = std::uint32_t{tasks_.chief(id.task).raw()} << L4_ID_CHIEF_SHIFT;
    if (task) out.high |= std::uint32_t{task->nest()} << L4_ID_NEST_SHIFT;
    return out;
}

} // namespace kern
