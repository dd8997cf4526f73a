// SPDX-License-Identifier: BSD-2-Clause
// World's processor: what each instruction of a user program does.
#include <algorithm>
#include <cstring>

#include "ia32/trap_frame.h"
#include "kern/ensure.h"
#include "l4/abi/exception.h"
#include "sim/segments.h"
#include "sim/world.h"

namespace sim {
namespace {

using Kind = Instruction::Kind;

/// May the program use all ports, and shut out interrupts?
bool privileged(const arch::Frame& f) { return (f.eflags & eflags_iopl) == eflags_iopl; }

/// For an instruction whose arguments are in registers: only the first time.
void load_registers(kern::Thread& t, Instruction& i) {
    if (!i.loaded) i.regs.load_into(t.frame);
    i.loaded = true;
}

/// popa, mov to esp, popf.
void assume(arch::Frame& f, const std::byte* data) {
    arch::Frame from{};
    std::memcpy(&from, data, sizeof from);
    Regs::of(from).load_into(f);
    f.esp = from.esp;
    f.eflags = (f.eflags & ~ia32::eflags_of_user) | (from.eflags & ia32::eflags_of_user);
}

std::uint64_t key(kern::ThreadId id, std::uint32_t program) {
    return std::uint64_t{id.task.raw()} << 40 | std::uint64_t{id.lthread} << 32 | program;
}

} // namespace

/// What the thread does in the program where it stands.
Fiber& World::fiber(const kern::Thread& t) {
    const std::uint64_t k = key(t.id(), Text::window_of(t.frame.eip));
    if (k == last_key_) return *last_;
    last_key_ = k;
    last_ = &fibers_.try_emplace(k, *this, t.id()).first->second;
    return *last_;
}

/// Finds the instruction at the thread's EIP; at an entry, a program begins.  False: there is none.
bool World::go_on(kern::Thread& t, Fiber& f) {
    if (!f.alive() || !f.go_on_at(t.frame.eip, t.frame.eax)) {
        const Body* body = text_.at(t.frame.eip);
        if (body == nullptr) return false;
        f.start((*body)(User(f)), t.frame.eip);
    }
    if (!f.pending()) f.fetch(Regs::of(t.frame));
    t.frame.eip = f.at();
    return true;
}

/// What the processor could not return to, or should not.
void World::check_user_mode(const kern::Thread& t) {
    const arch::Frame& frame = t.frame;
    kern::ensure(frame.cs == ia32::user_cs, "a program is to run with another code segment");
    kern::ensure(loadable(machine_, frame.gs) && loadable(machine_, frame.fs),
                 "the kernel would load a selector that the processor refuses");
    kern::ensure((frame.eflags & eflags_interrupts) != 0 || privileged(frame),
                 "a program without I/O privilege is to run with interrupts shut out");
    kern::ensure((frame.eflags & (eflags_nested | eflags_vm86)) == 0,
                 "a program is to run with flags that no user may have");
}

void World::execute(kern::Thread& t) {
    check_user_mode(t);
    Fiber& f = fiber(t);
    ++instructions_;
    stepping_ = (t.frame.eflags & eflags_trap) != 0;
    if (!go_on(t, f)) return wild(t);
    perform(t, f);
}

void World::perform(kern::Thread& t, Fiber& f) {
    const Instruction& i = f.instruction();
    switch (i.kind) {
        case Kind::none: break;
        case Kind::syscall: return syscall(t, f);
        case Kind::load: return access(t, f, false);
        case Kind::store: return access(t, f, true);
        case Kind::load_block: return access_block(t, f, false);
        case Kind::store_block: return access_block(t, f, true);
        case Kind::compute: return compute(t, f);
        case Kind::in: return port(t, f, false);
        case Kind::out: return port(t, f, true);
        case Kind::raise: return raise(t, f);
        case Kind::emulated: return emulated(t, f);
        case Kind::segments: return load_segments(t, f);
        case Kind::load_gs: return load_gs(t, f);
        case Kind::flags: return interrupt_flag(t, f);
        case Kind::jump:
            t.frame.eip = i.address;
            f.kill();
            if (stepping_) exception(t, L4_TRAP_DEBUG, 0);
            return;
        case Kind::fpu_get:
            std::memcpy(i.data, machine_.fpu().bytes.data(), machine_.fpu().bytes.size());
            break;
        case Kind::fpu_set:
            std::memcpy(machine_.fpu().bytes.data(), i.data, machine_.fpu().bytes.size());
            break;
        case Kind::look: std::memcpy(i.data, &t.frame, sizeof t.frame); break;
        case Kind::assume: assume(t.frame, i.data); break;
    }
    done(t, f);
}

/// On to the next instruction.
void World::retire(kern::Thread& t, Fiber& f) {
    machine_.timer().advance(instruction_time_);
    f.complete();
    t.frame.eip = f.at();
}

/// The same, and the trap that follows each instruction of a program that is single stepped.
void World::done(kern::Thread& t, Fiber& f) {
    retire(t, f);
    if (stepping_) exception(t, L4_TRAP_DEBUG, 0);
}

/// int n does not trap when single stepped: the processor clears TF on its way into the kernel.
void World::syscall(kern::Thread& t, Fiber& f) {
    Instruction& i = f.instruction();
    const std::uint32_t vector = i.code;
    load_registers(t, i);
    if (vector < L4_VEC_IPC || vector > L4_VEC_TASK_NEW)
        return exception(t, L4_TRAP_PROTECTION, l4_exc_err_int(vector)); // no such gate for users
    retire(t, f);
    dispatch({.kind = kern::Event::Kind::syscall, .code = vector});
}

void World::emulated(kern::Thread& t, Fiber& f) {
    Instruction& i = f.instruction();
    load_registers(t, i);
    dispatch({.kind = kern::Event::Kind::emulate, .code = i.code});
}

void World::load_segments(kern::Thread& t, Fiber& f) {
    const Instruction& i = f.instruction();
    for (const std::uint32_t selector : {i.address, i.value})
        if (!loadable(machine_, selector))
            return exception(t, L4_TRAP_PROTECTION, selector & ia32::selector_mask);
    t.frame.gs = i.address & 0xffff;
    t.frame.fs = i.value & 0xffff;
    done(t, f);
}

void World::load_gs(kern::Thread& t, Fiber& f) {
    Instruction& i = f.instruction();
    if (const auto utcb = machine_.word_at_gs(t.frame.gs)) {
        if (i.address != 0) return exception(t, L4_TRAP_PROTECTION, 0); // the segment is one word long
        i.value = *utcb;
        return done(t, f);
    }
    const auto at = linear(machine_, t.frame.gs, i.address, sizeof i.value);
    if (!at) return exception(t, L4_TRAP_PROTECTION, 0);
    const auto fault = touch(t, *at, std::as_writable_bytes(std::span(&i.value, 1)), false);
    if (fault) return page_fault(t, *fault);
    done(t, f);
}

/// At most a page, all of it or nothing.
std::optional<arch::AccessFault> World::touch(const kern::Thread& t, std::uint32_t address,
                                              std::span<std::byte> data, bool write) {
    const kern::VAddr at{address};
    const auto fault = write ? machine_.store(at, data) : machine_.load(at, data);
    if (fault) return fault;
    const auto last = static_cast<std::uint32_t>(data.size() - 1);
    for (Observer* o : observers_) {
        o->accessed(*this, t, at, write);
        if ((at + last).raw() / ia32::page_size != address / ia32::page_size)
            o->accessed(*this, t, at + last, write);
    }
    return {};
}

void World::access(kern::Thread& t, Fiber& f, bool write) {
    Instruction& i = f.instruction();
    if (!write) i.value = 0;
    const auto fault =
        touch(t, i.address, std::as_writable_bytes(std::span(&i.value, 1)).first(i.size), write);
    if (fault) return page_fault(t, *fault);
    done(t, f);
}

/// Page by page, with the progress in the instruction.
void World::access_block(kern::Thread& t, Fiber& f, bool write) {
    Instruction& i = f.instruction();
    while (i.size != 0) {
        const std::uint32_t n = std::min(i.size, ia32::page_size - i.address % ia32::page_size);
        if (const auto fault = touch(t, i.address, {i.data, n}, write)) return page_fault(t, *fault);
        i.address += n;
        i.size -= n;
        i.data += n;
    }
    done(t, f);
}

/// Runs until the time is over or an interrupt may come.
void World::compute(kern::Thread& t, Fiber& f) {
    Instruction& i = f.instruction();
    std::uint64_t slice = i.value;
    const std::uint64_t from = now().raw(), timer = machine_.timer().deadline().raw();
    if (timer > from) slice = std::min(slice, timer - from); // else its interrupt was put off: time goes on
    if (!script_.empty()) slice = std::min(slice, script_.begin()->first - from);
    machine_.timer().advance(kern::Micros{slice});
    i.value -= static_cast<std::uint32_t>(slice);
    if (i.value == 0) done(t, f);
}

void World::port(kern::Thread& t, Fiber& f, bool write) {
    Instruction& i = f.instruction();
    const auto number = static_cast<std::uint16_t>(i.address);
    if (!privileged(t.frame) && !machine_.port_allowed(number, i.size))
        return dispatch({.kind = kern::Event::Kind::io_fault, .code = i.size, .addr = kern::VAddr{number}});
    if (write)
        machine_.ports().out(number, i.size, i.value);
    else
        i.value = machine_.ports().in(number, i.size);
    done(t, f);
}

void World::raise(kern::Thread& t, Fiber& f) {
    const std::uint32_t vector = f.instruction().code, error = f.instruction().value;
    // These two report the address of the next instruction; the others that of their own, and come back to
    // it.
    if (vector == L4_TRAP_BREAKPOINT || vector == L4_TRAP_OVERFLOW) retire(t, f);
    exception(t, vector, error);
}

/// cli and sti.
void World::interrupt_flag(kern::Thread& t, Fiber& f) {
    if (!privileged(t.frame)) return dispatch({.kind = kern::Event::Kind::io_fault, .code = 0});
    if (f.instruction().code != 0)
        t.frame.eflags |= eflags_interrupts;
    else
        t.frame.eflags &= ~eflags_interrupts;
    done(t, f);
}

/// No program there: the fetch faults, or finds bytes that are no instruction.
void World::wild(kern::Thread& t) {
    const kern::VAddr at{t.frame.eip};
    const arch::Translation fetch = machine_.translate(at, false);
    if (!fetch.ok) return page_fault(t, {at, fetch.error});
    for (Observer* o : observers_) o->accessed(*this, t, at, false);
    exception(t, L4_TRAP_INVALID_OP, 0);
}

void World::page_fault(kern::Thread& t, const arch::AccessFault& fault) {
    t.frame.cr2 = fault.address.raw();
    t.frame.trapno = L4_TRAP_PAGE_FAULT;
    t.frame.err = fault.error;
    dispatch({.kind = kern::Event::Kind::page_fault, .code = fault.error, .addr = fault.address});
}

void World::exception(kern::Thread& t, std::uint32_t vector, std::uint32_t error) {
    t.frame.trapno = vector;
    t.frame.err = error;
    dispatch({.kind = kern::Event::Kind::exception, .code = vector, .addr = kern::VAddr{error}});
}

} // namespace sim
