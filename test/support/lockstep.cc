// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/lockstep.h"

#include <cstdio>
#include <cstring>
#include <vector>

#include "kern/ensure.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"

namespace test {
namespace {

using Kind = kern::Event::Kind;

kern::BootInfo boot_info(const LockstepConfig& c) {
    return {.kernel_first = arch::Memory::kernel_base,
            .kernel_frames = c.machine.kernel_pages,
            .sigma0_frames = c.sigma0_frames,
            .sigma0_ip = c.sigma0_ip,
            .sigma0_sp = c.sigma0_sp,
            .root_ip = c.root_ip,
            .root_sp = c.root_sp};
}

constexpr const char* call_names[] = {
    "ipc", "id_nearest", "fpage_unmap", "thread_switch", "thread_schedule", "lthread_ex_regs", "task_new"};

} // namespace

/// The last event, for people.
std::string Lockstep::last_event() const {
    const kern::Event& event = last_.event;
    char text[256];
    const auto put = [&](const char* format, auto... args) {
        std::snprintf(text, sizeof text, format, args...);
    };
    switch (event.kind) {
        case Kind::syscall: {
            const arch::Frame& f = last_.frame;
            const unsigned call = event.code - L4_VEC_IPC;
            put("%s eax=%08x ebx=%08x ecx=%08x edx=%08x esi=%08x edi=%08x ebp=%08x",
                call < std::size(call_names) ? call_names[call] : "bad vector", f.eax, f.ebx, f.ecx, f.edx,
                f.esi, f.edi, f.ebp);
            break;
        }
        case Kind::page_fault: put("page fault at %08x, error %x", event.addr.raw(), event.code); break;
        case Kind::exception: put("exception %u, error %x", event.code, event.addr.raw()); break;
        case Kind::io_fault: put("I/O fault at port %x, %u bytes", event.addr.raw(), event.code); break;
        case Kind::emulate: put("emulated instruction %u", event.code); break;
        case Kind::irq: put("interrupt %u", event.code); break;
        case Kind::timer: put("timer%s", ""); break;
        case Kind::resume: put("resume%s", ""); break;
    }
    char who[32] = "idle";
    if (!last_.idle) std::snprintf(who, sizeof who, "%u.%u", last_.who.task.raw(), last_.who.lthread);
    return std::string(who) + ": " + text;
}

/// The machine was switched on a while ago.
arch::Machine& started(arch::Machine& machine, kern::Micros boot_time) {
    machine.timer().advance(boot_time);
    return machine;
}

Lockstep::Lockstep(const LockstepConfig& c)
    : machine_(c.machine),
      kernel_(started(machine_, c.boot_time), boot_info(c), c.limits),
      current_(&kernel_.start()),
      full_each_(c.full_each) {
    if (c.compare) referee_.emplace(kernel_, machine_, c.limits, c.sigma0_frames, c.full_each);
}

/// A kernel has no memory but itself and its frames, so its bytes are all of it, in the place where they
/// were.
struct Lockstep::Snapshot {
    arch::Machine machine;
    std::vector<std::byte> kernel;
    kern::Thread* current;
    std::optional<Referee> referee;
    sim::TraceHash hash;
    std::uint64_t events;
    Last last;
};

std::shared_ptr<const Lockstep::Snapshot> Lockstep::save() const {
    const auto* const bytes = reinterpret_cast<const std::byte*>(&kernel_);
    return std::make_shared<const Snapshot>(
        Snapshot{machine_, {bytes, bytes + sizeof kernel_}, current_, referee_, hash_, events_, last_});
}

void Lockstep::restore(const Snapshot& s) {
    machine_ = s.machine;
    std::memcpy(static_cast<void*>(&kernel_), s.kernel.data(), sizeof kernel_);
    current_ = s.current;
    referee_.reset();
    if (s.referee) referee_.emplace(*s.referee);
    hash_ = s.hash;
    events_ = s.events;
    last_ = s.last;
    cadence_ = {};
    fail_at_ = 0;
    allocation_failed_ = false;
}

const std::string& Lockstep::mismatch() const {
    static const std::string none;
    return referee_ ? referee_->mismatch() : none;
}

void Lockstep::deliver(const kern::Event& event) {
    if (!mismatch().empty()) return;
    last_ = {event, current_->idle(), current_->id(), current_->frame};
    if (on_event) on_event(last_event());
    hash_.add(machine_.now().raw());
    hash_.add(std::uint64_t{event.code} << 32 | event.addr.raw());
    hash_.add(static_cast<std::uint64_t>(event.kind));
    if (!current_->idle()) hash_.add(current_->frame);
    ++events_;
    if (referee_) referee_->before(event, fail_at_ != 0);
    if (!mismatch().empty()) return;
    handle(event);
    hash_.add(std::uint64_t{current_->task_no().raw()} << 8 | current_->lthread());
    if (!current_->idle()) hash_.add(current_->frame);
    if (referee_)
        referee_->after(event, allocation_failed_);
    else if (time_for_invariants(event))
        kernel_.check_invariants();
    else
        kernel_.check_current();
}

bool Lockstep::time_for_invariants(const kern::Event& event) {
    const bool resume = event.kind == Kind::resume;
    if (full_each_ == 1) return !resume || events_ % 16 == 0;
    return cadence_.full(resume, full_each_);
}

/// The kernel's part, with the allocation that is to fail.
void Lockstep::handle(const kern::Event& event) {
    kern::FramePool& pool = kernel_.tasks().task(kern::TaskNo{L4_TASK_ROOT})->account().pool();
    pool.fail_at(fail_at_);
    if (ring) ring->before(event, *current_);
    if (stopwatch) stopwatch->begins();
    current_ = &kernel_.handle(event);
    if (stopwatch) stopwatch->ends(event);
    if (ring) ring->after(*current_, kernel_.now());
    allocation_failed_ = fail_at_ != 0 && !pool.failure_pending();
    pool.fail_at(0);
    fail_at_ = 0;
}

void Lockstep::syscall(std::uint32_t vector, const sim::Regs& regs) {
    kern::ensure(!idle() && !in_kernel(), "a system call without a thread in user mode");
    regs.load_into(current_->frame);
    deliver({.kind = Kind::syscall, .code = vector});
}

std::optional<std::uint32_t> Lockstep::touch(kern::VAddr at, bool write, std::uint32_t value) {
    kern::ensure(!idle() && !in_kernel() && at.raw() % 4 == 0,
                 "an access without a thread in user mode, or unaligned");
    if (!mismatch().empty()) return {};
    std::byte bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    if (const auto fault = write ? machine_.store(at, bytes) : machine_.load(at, bytes)) {
        deliver({.kind = Kind::page_fault, .code = fault->error, .addr = fault->address});
        return {};
    }
    std::memcpy(&value, bytes, sizeof value);
    hash_.add(std::uint64_t{at.raw()} << 32 | value);
    if (!referee_) return value;
    referee_->accessed(at, write);
    if (write) referee_->stored(at, sizeof value);
    return value;
}

void Lockstep::exception(std::uint32_t vector, std::uint32_t error_code) {
    kern::ensure(!idle() && !in_kernel(), "an exception without a thread in user mode");
    deliver({.kind = Kind::exception, .code = vector, .addr = kern::VAddr{error_code}});
}

void Lockstep::io(std::uint32_t port, std::uint32_t bytes) {
    kern::ensure(!idle() && !in_kernel(), "in or out without a thread in user mode");
    const bool privileged = (current_->frame.eflags & ia32::eflags_iopl) == ia32::eflags_iopl;
    const auto number = static_cast<std::uint16_t>(port);
    if (privileged || (bytes != 0 && machine_.port_allowed(number, bytes))) return;
    deliver({.kind = Kind::io_fault, .code = bytes, .addr = kern::VAddr{number}});
}

void Lockstep::emulate(ia32::Emulated instruction, const sim::Regs& regs) {
    kern::ensure(!idle() && !in_kernel(), "an instruction without a thread in user mode");
    regs.load_into(current_->frame);
    deliver({.kind = Kind::emulate, .code = static_cast<std::uint32_t>(instruction)});
}

void Lockstep::set_fpu(std::uint32_t pattern) {
    kern::ensure(!idle() && !in_kernel(), "FPU registers without a thread in user mode");
    auto& bytes = machine_.fpu().bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(pattern >> (8 * (i % 4)) ^ i / 4);
    hash_.add(std::uint64_t{pattern});
}

/// What user code loads without a fault: its code and data segments, its UTCB's, TLS that is there, none.
bool Lockstep::loadable(std::uint32_t selector) const {
    const std::uint32_t segment = selector & 0xfffc;
    bool good = selector <= 3 || segment == (ia32::user_cs & ~3u) || segment == (ia32::user_ds & ~3u) ||
                segment == (ia32::utcb_selector & ~3u);
    for (std::size_t slot = 0; slot < machine_.tls().size(); ++slot)
        good = good || (segment == (ia32::tls_selectors[slot] & ~3u) && machine_.tls()[slot] != 0);
    return good;
}

void Lockstep::set(Register which, std::uint32_t value) {
    kern::ensure(!idle() && !in_kernel(), "registers without a thread in user mode");
    constexpr std::uint32_t own_flags = ia32::eflags_of_user;
    arch::Frame& f = current_->frame;
    switch (which) {
        case Register::gs: f.gs = loadable(value) ? value & 0xffff : f.gs; break;
        case Register::fs: f.fs = loadable(value) ? value & 0xffff : f.fs; break;
        case Register::eflags: f.eflags = (f.eflags & ~own_flags) | (value & own_flags); break;
        case Register::esp: f.esp = value; break;
        case Register::eip: f.eip = value; break;
        case Register::eax: f.eax = value; break;
        case Register::ebx: f.ebx = value; break;
        case Register::ecx: f.ecx = value; break;
        case Register::edx: f.edx = value; break;
        case Register::esi: f.esi = value; break;
        case Register::edi: f.edi = value; break;
        case Register::ebp: f.ebp = value; break;
    }
}

void Lockstep::irq(kern::Line line) {
    machine_.irqs().raise(line);
    while (const auto next = machine_.irqs().deliverable()) {
        machine_.irqs().take(*next);
        deliver({.kind = Kind::irq, .code = next->raw()});
    }
}

void Lockstep::advance(kern::Micros by) {
    machine_.timer().advance(by);
    timer();
}

bool Lockstep::timer() {
    if (!machine_.timer().due()) return false;
    machine_.timer().fired();
    deliver({.kind = Kind::timer});
    return true;
}

void Lockstep::resume() {
    kern::ensure(in_kernel(), "resume without a thread in the kernel");
    deliver({.kind = Kind::resume});
}

bool Lockstep::settle(unsigned most) {
    for (; most != 0 && mismatch().empty(); --most) {
        if (!in_kernel()) return true;
        resume();
    }
    return false;
}

void Lockstep::finish() {
    if (referee_)
        referee_->finish();
    else
        kernel_.check_invariants();
}

} // namespace test
