// SPDX-License-Identifier: BSD-2-Clause
// What hal-x86's run.cc is to the PC: where its trap.cc goes on, and interrupts that come in the kernel.
#include "hal-x86/replay/player.h"
#include "l4/abi/ipc.h"
#include "x86/entry.h"
#include "x86/go_on.h"
#include "x86/kernel.h"

namespace x86 {
namespace {

constinit volatile std::uint32_t arrived = 0;

} // namespace

kern::Thread* handle(const kern::Event& event) { return replay::player.trapped(event); }
kern::Thread* handle_ipc() {
    return replay::player.trapped({.kind = kern::Event::Kind::syscall, .code = L4_VEC_IPC});
}

kern::Thread* take_interrupt(kern::Thread* /*running*/, std::uint32_t vector) {
    return replay::player.interrupted(vector);
}

arch::Frame* run(kern::Thread* /*next*/) { return replay::player.go_on(); }

} // namespace x86

std::uint32_t replay::open_window() {
    x86::arrived = 0;
    asm volatile("sti\n\tnop\n\tnop\n\tcli" ::: "memory");
    return x86::arrived;
}

void trap_from_kernel(arch::Frame* frame) {
    constexpr std::uint32_t interrupts = 1u << 9;
    const bool interrupt = frame->trapno >= x86::Pic::first_vector;
    if (!interrupt || (frame->eflags & interrupts) == 0) x86::panic("an exception in the kernel", frame);
    x86::arrived = frame->trapno;
    frame->eflags &= ~interrupts;
}

void trap_nmi(const x86::Interrupted* /*interrupted*/) { x86::panic("a non-maskable interrupt"); }
