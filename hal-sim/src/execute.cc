// SPDX-License-Identifier: BSD-2-Clause
// World's processor: what each instruction of a user program does.
#include <algorithm>
#include <cstring>

#include "l4/abi/exception.h"
#include "sim/world.h"

namespace sim {
namespace {

using Kind = Instruction::Kind;

std::uint32_t key(kern::ThreadId id) { return std::uint32_t{id.task.raw()} << 8 | id.lthread; }

} // namespace

Fiber& World::fiber(const kern::Thread& t) {
    const std::uint32_t k = key(t.id());
    if (k == last_key_) return *last_;
    last_key_ = k;
    last_ = &fibers_.try_emplace(k, *this, t.id()).first->second;
    return *last_;
}

/// The thread was sent elsewhere: what it did is over, and a program begins if one is there.
bool World::restart(Fiber& f, std::uint32_t eip) {
    const Body* body = text_.at(eip);
    if (body == nullptr) return false;
    f.start((*body)(User(f)), eip);
    return true;
}

void World::execute(kern::Thread& t) {
    Fiber& f = fiber(t);
    ++instructions_;
    if (!f.alive() || f.at() != t.frame.eip) {
        f.kill();
        if (!restart(f, t.frame.eip)) return wild(t);
    }
    if (!f.pending()) f.fetch(Regs::of(t.frame));
    t.frame.eip = f.at();
    perform(t, f);
}

void World::perform(kern::Thread& t, Fiber& f) {
    const Instruction& i = f.instruction();
    switch (i.kind) {
        case Kind::none: break;
        case Kind::syscall: return syscall(t, f);
        case Kind::load:
        case Kind::load_block: return access(t, f, false);
        case Kind::store:
        case Kind::store_block: return access(t, f, true);
        case Kind::compute: return compute(t, f);
        case Kind::in: return port(t, f, false);
        case Kind::out: return port(t, f, true);
        case Kind::raise: return raise(t, f);
        case Kind::jump: t.frame.eip = i.address; return f.kill();
        case Kind::fpu_get:
            std::memcpy(i.data, machine_.fpu().bytes.data(), machine_.fpu().bytes.size());
            break;
        case Kind::fpu_set:
            std::memcpy(machine_.fpu().bytes.data(), i.data, machine_.fpu().bytes.size());
            break;
        case Kind::segments: t.frame.gs = i.address, t.frame.fs = i.value; break;
        case Kind::look: std::memcpy(i.data, &t.frame, sizeof t.frame); break;
    }
    done(t, f);
}

/// On to the next instruction.
void World::done(kern::Thread& t, Fiber& f) {
    machine_.timer().advance(instruction_time_);
    f.complete();
    t.frame.eip = f.at();
}

void World::syscall(kern::Thread& t, Fiber& f) {
    const std::uint32_t vector = f.instruction().code;
    f.instruction().regs.load_into(t.frame);
    if (vector < L4_VEC_IPC || vector > L4_VEC_TASK_NEW)
        return exception(t, L4_TRAP_PROTECTION, l4_exc_err_int(vector)); // no such gate for users
    done(t, f);
    dispatch({.kind = kern::Event::Kind::syscall, .code = vector});
}

/// Single accesses are done at once; blocks up to the end of a page, with their progress in the instruction.
void World::access(kern::Thread& t, Fiber& f, bool write) {
    Instruction& i = f.instruction();
    if (!write && i.kind == Kind::load) i.value = 0;
    const bool block = i.kind == Kind::load_block || i.kind == Kind::store_block;
    while (i.size != 0) {
        std::uint32_t n = i.size;
        if (block) n = std::min(n, ia32::page_size - i.address % ia32::page_size);
        std::byte* data = block ? i.data : reinterpret_cast<std::byte*>(&i.value);
        const kern::VAddr at{i.address};
        const auto fault = write ? machine_.store(at, {data, n}) : machine_.load(at, {data, n});
        if (fault) return page_fault(t, *fault);
        for (Observer* o : observers_) {
            o->accessed(*this, t, at, write);
            if ((at.raw() + n - 1) / ia32::page_size != at.raw() / ia32::page_size)
                o->accessed(*this, t, at + (n - 1), write);
        }
        i.address += n;
        i.size -= n;
        if (block) i.data += n;
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
    if (!machine_.port_allowed(number, i.size))
        return dispatch({.kind = kern::Event::Kind::io_fault, .code = i.size, .addr = kern::VAddr{number}});
    if (write)
        machine_.ports().out(number, i.size, i.value);
    else
        i.value = machine_.ports().in(number, i.size);
    done(t, f);
}

void World::raise(kern::Thread& t, Fiber& f) {
    const std::uint32_t vector = f.instruction().code;
    // These two report the address of the next instruction; the others that of their own, and come back to
    // it.
    if (vector == L4_TRAP_BREAKPOINT || vector == L4_TRAP_OVERFLOW) done(t, f);
    exception(t, vector, 0);
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
