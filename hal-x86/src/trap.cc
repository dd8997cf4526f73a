// SPDX-License-Identifier: BSD-2-Clause
// From what the processor reports of a program to an event of the kernel.
#include <array>

#include "ia32/decode.h"
#include "ia32/emulated.h"
#include "ia32/paging.h"
#include "l4/abi/exception.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "x86/entry.h"
#include "x86/go_on.h"
#include "x86/kernel.h"

namespace x86 {
namespace {

using kern::Event;
using kern::VAddr;

Event plain(const arch::Frame& f) {
    return {.kind = Event::Kind::exception, .code = f.trapno, .addr = VAddr{f.err}};
}

/// A general-protection fault: something that the kernel does in the program's place, or an exception.
Event protection(const arch::Frame& f) {
    using Kind = ia32::Privileged::Kind;
    if (f.err != 0) return plain(f);
    std::array<std::uint8_t, ia32::instruction_max> code{};
    const std::size_t size = machine.read_user(f.eip, std::as_writable_bytes(std::span(code)));
    const ia32::Privileged p = ia32::decode(std::span<const std::uint8_t>(code).first(size));
    switch (p.kind) {
        case Kind::port:
            return {.kind = Event::Kind::io_fault,
                    .code = p.width,
                    .addr = VAddr{p.in_dx ? f.edx & 0xffff : p.immediate}};
        case Kind::interrupt: return {.kind = Event::Kind::io_fault, .code = 0};
        case Kind::lidt:
            return {.kind = Event::Kind::emulate, .code = static_cast<std::uint32_t>(ia32::Emulated::lidt)};
        case Kind::lldt:
            return {.kind = Event::Kind::emulate, .code = static_cast<std::uint32_t>(ia32::Emulated::lldt)};
        case Kind::other: break;
    }
    return plain(f);
}

/// "lock; nop" asks for the kernel info page.  An alien's is an exception like any other.
bool asked_for_kip(kern::Thread& t) {
    constexpr std::array<std::uint8_t, 2> lock_nop = {0xf0, 0x90};
    std::array<std::uint8_t, 2> code{};
    if (t.alien() || machine.read_user(t.frame.eip, std::as_writable_bytes(std::span(code))) != code.size() ||
        code != lock_nop)
        return false;
    t.frame.eax = L4_KIP_ADDRESS;
    t.frame.eip += lock_nop.size();
    return true;
}

/// Four words on the program's stack: return address, a constant, receive descriptor, timeout.  It goes on
/// behind them.  False: they are not there.
bool unpack_sysenter(kern::Thread& t) {
    arch::Frame& f = t.frame;
    std::array<std::uint32_t, 4> words{};
    t.take_back_privileges();
    if (machine.read_user(f.esp, std::as_writable_bytes(std::span(words))) != sizeof words) return false;
    f.eip = words[0];
    f.ebp = words[2];
    f.ecx = words[3];
    f.esp += sizeof words;
    return true;
}

/// Of the running thread.
Event event_of(kern::Thread& t) {
    arch::Frame& f = t.frame;
    if (f.trapno == L4_TRAP_PAGE_FAULT) {
        f.cr2 = read_cr2();
        // What the kernel has there is nothing of the program's space, and none of its business.
        if (f.cr2 >= L4_USER_TOP) f.err &= ~ia32::fault_present;
        return {.kind = Event::Kind::page_fault, .code = f.err, .addr = VAddr{f.cr2}};
    }
    if (f.trapno == L4_TRAP_PROTECTION) return protection(f);
    if (f.trapno == sysenter_vector) {
        if (unpack_sysenter(t)) return {.kind = Event::Kind::syscall, .code = L4_VEC_IPC};
        return {.kind = Event::Kind::exception, .code = L4_TRAP_PROTECTION, .addr = VAddr{0}};
    }
    return plain(f);
}

constexpr bool is_syscall(std::uint32_t vector) { return vector >= L4_VEC_IPC && vector <= L4_VEC_TASK_NEW; }
constexpr bool is_interrupt(std::uint32_t vector) {
    return vector >= Pic::first_vector && vector < trap_vectors;
}

/// Goes on by itself: nothing has let interrupts in, which would have to be served first.
arch::Frame* unchanged(arch::Frame* frame) {
    kern::ensure(running.arrived == 0, "an interrupt was noted by who does not serve it");
    return frame;
}

[[gnu::noinline]] arch::Frame* trapped(arch::Frame* frame) {
    const std::uint32_t vector = frame->trapno;
    if (is_syscall(vector)) return run(handle({.kind = kern::Event::Kind::syscall, .code = vector}));
    kern::Thread& t = running.kernel->current();
    if (is_interrupt(vector)) return run(take_interrupt(&t, vector));
    if (vector == L4_TRAP_NO_FPU && machine.fpu().fetch()) return unchanged(frame);
    if (vector == L4_TRAP_INVALID_OP && asked_for_kip(t)) return unchanged(frame);
    return run(handle(event_of(t)));
}

[[gnu::noinline]] arch::Frame* protection_trapped(arch::Frame* frame) {
    return frame->err != 0 && reflected(*frame) ? unchanged(frame) : trapped(frame);
}

} // namespace
} // namespace x86

arch::Frame* trap_from_user(arch::Frame* frame) {
    if (frame->trapno == L4_VEC_IPC) [[likely]]
        return x86::run(x86::handle_ipc());
    return frame->trapno == L4_TRAP_PROTECTION ? x86::protection_trapped(frame) : x86::trapped(frame);
}
