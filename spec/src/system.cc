// SPDX-License-Identifier: BSD-2-Clause
// Boot, the entry, and what a user program can do by itself.
#include "spec/system.h"

#include <algorithm>

#include "l4/abi/exception.h"
#include "l4/abi/ipc.h"

namespace spec {
namespace {

constexpr ThreadName sigma0{L4_TASK_SIGMA0, 0};
constexpr ThreadName root{L4_TASK_ROOT, 0};
} // namespace

/// 2.5
System::System(const Config& config)
    : now_(config.boot_time),
      timeouts_(config.timeouts),
      irq_lines_(config.irq_lines),
      memory_(config),
      ram_(config.ram_bytes) {
    chief_.fill(L4_TASK_ROOT);
    for (const Word kernels : {L4_TASK_KERNEL, L4_TASK_KERNEL + 1, L4_TASK_KERNEL + 3, L4_TASK_ROOT}) {
        chief_[kernels] = L4_TASK_KERNEL;
    }
    memory_.accounts.open_first(L4_TASK_SIGMA0, config.sigma0_frames);
    memory_.accounts.open_first(L4_TASK_ROOT, config.kernel_frames - config.sigma0_frames);
    for (const TaskNo task : {root.task, sigma0.task}) {
        memory_.accounts.pay(task, {.frames = L4_KMEM_TASK});
        memory_.create(task, task);
        ram_.make_utcbs(task);
        tasks_[task] = {};
    }
    memory_.give_all_ports(L4_TASK_SIGMA0);

    Thread first;
    first.dead = false;
    first.prio = L4_PRIO_ROOT;
    first.mcp = L4_MCP_ROOT;
    first.pager = reported(sigma0);
    first.registers.eip = config.root_eip;
    first.registers.esp = config.root_esp;
    create_thread(root, first);
    first.prio = L4_PRIO_SIGMA0;
    first.mcp = L4_MCP_SIGMA0;
    first.pager = {};
    first.registers.eip = config.sigma0_eip;
    first.registers.esp = config.sigma0_esp;
    create_thread(sigma0, first);
    dispatch();
}

/// 1.1
void System::handle(const Event& event, Time now) {
    const Time before = now_;
    now_ = now;
    charge(now - before);
    const ThreadName self = current_;
    const bool idle = self.is_none();
    switch (event.kind) {
        case EventKind::syscall:
            if (!idle) {
                syscall(self, event.code);
            }
            break;
        case EventKind::page_fault:
            if (!idle) {
                user_fault(self, event.addr, event.code);
            }
            break;
        case EventKind::exception:
            if (!idle) {
                exception(self, event.code, event.addr);
            }
            break;
        case EventKind::io_fault:
            if (!idle) {
                io_fault(self, event.addr, event.code);
            }
            break;
        case EventKind::emulate:
            if (!idle) {
                emulate(self, event.code);
            }
            break;
        case EventKind::irq: irq_event(event.code); break;
        case EventKind::timer:
            expire_all();
            if (!idle) {
                end_slice();
            }
            break;
        case EventKind::resume:
            if (!idle) {
                resume(self);
            }
            break;
    }
    dispatch();
}

void System::syscall(ThreadName self, Word vector) {
    Thread& t = thread(self);
    const Word error_code = l4_exc_err_int(vector);
    if (vector < L4_VEC_IPC || vector > L4_VEC_TASK_NEW) {
        return exception(self, L4_TRAP_PROTECTION, error_code);
    }
    if (t.alien && !t.dealien) {
        return trap_alien_call(self, error_code);
    }
    if (t.alien) {
        t.dealien = false;
        t.executing = error_code | L4_EXC_ERR_AFTER_CALL;
    }
    switch (vector) {
        case L4_VEC_IPC: return sys_ipc(self);
        case L4_VEC_ID_NEAREST: sys_id_nearest(self); break;
        case L4_VEC_FPAGE_UNMAP:
            t.registers.eax = memory_.unmap(self.task, t.registers.eax, t.registers.ecx);
            break;
        case L4_VEC_THREAD_SWITCH: sys_thread_switch(self); break;
        case L4_VEC_THREAD_SCHEDULE: sys_thread_schedule(self); break;
        case L4_VEC_LTHREAD_EX_REGS: sys_ex_regs(self); break;
        default: sys_task_new(self); break;
    }
    call_is_over(t);
}

std::optional<ThreadName> System::current() const {
    return current_.is_none() ? std::nullopt : std::optional(current_);
}

bool System::current_in_kernel() const { return !current_.is_none() && in_kernel(thread(current_)); }

bool System::current_drives() const { return !current_.is_none() && thread(current_).wants_resume; }

bool System::quiescent() const {
    return std::none_of(threads_.begin(), threads_.end(),
                        [](const auto& entry) { return in_kernel(entry.second); });
}

Registers& System::registers() { return thread(current_).registers; }

bool System::access(Word va, bool write) {
    return !current_.is_none() && memory_.access(current_.task, va, write).allowed;
}

Word System::error_code(Word va, bool write) const {
    const bool present = memory_.look(current_.task, va, write).present;
    return pf_user | (write ? pf_write : 0) | (present ? pf_present : 0);
}

std::optional<Word> System::load(Word va) {
    if (!access(va, false)) {
        return std::nullopt;
    }
    return ram_.word(memory_.look(current_.task, va, false).phys);
}

bool System::store(Word va, Word value) {
    if (!access(va, true)) {
        return false;
    }
    ram_.set_word(memory_.look(current_.task, va, true).phys, value);
    return true;
}

std::optional<std::uint8_t> System::load_byte(Word va) {
    if (!access(va, false)) {
        return std::nullopt;
    }
    return ram_.byte(memory_.look(current_.task, va, false).phys);
}

bool System::store_byte(Word va, std::uint8_t value) {
    if (!access(va, true)) {
        return false;
    }
    ram_.set_byte(memory_.look(current_.task, va, true).phys, value);
    return true;
}

bool System::has_port(Word port) const { return !current_.is_none() && holds_ports(current_.task, port, 1); }

} // namespace spec
