// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "l4/abi/ipc.h"
#include "l4/abi/kip.h"
#include "x86/debugger.h"

namespace x86 {

/// The machine and the kernel on it: there is one interrupt descriptor table, so there is one of each.  The
/// names are those that assembly uses.
extern arch::Machine machine asm("machine");

/// What entry code needs besides.
struct Running {
    kern::Kernel* kernel = nullptr;
    l4_kip_t* kip = nullptr;
    std::uint32_t exit_port = 0; ///< option `exit=`
    bool checks = false;         ///< option `checks`: invariants after each event
    bool crash = false;          ///< option `crash`: as soon as nobody has anything to do
};
extern Running running asm("running");
alignas(kern::Kernel) extern std::byte kernel_storage[sizeof(kern::Kernel)] asm("kernel_storage"); ///< where running.kernel is

/// Does what t waits for in the kernel; returns who goes on in user mode, in the end.
kern::Thread* wait_for_user(kern::Thread* t);

/// Gives the processor to t.  Returns the frame of the thread that goes on in user mode.
inline arch::Frame* run(kern::Thread* t) {
    if (t->idle() || t->in_kernel()) [[unlikely]]
        t = wait_for_user(t);
    running.kip->clock = running.kernel->now().raw();
    machine.set_entry_stack(t->frame);
    return &t->frame;
}

/// Behind each event.
inline kern::Thread* checked(kern::Thread& next) {
    if (running.checks) [[unlikely]]
        running.kernel->check_current();
    return &next;
}

/// Tells the kernel, and the ring before and after; returns who runs next.
kern::Thread* handle_traced(const kern::Event& event);

/// Tells the kernel; returns who runs next.
inline kern::Thread* handle(const kern::Event& event) {
    if (debugger.traced()) [[unlikely]]
        return handle_traced(event);
    return checked(running.kernel->handle(event));
}

/// The same for {syscall, L4_VEC_IPC}.
inline kern::Thread* handle_ipc() {
    if (debugger.traced()) [[unlikely]]
        return handle_traced({.kind = kern::Event::Kind::syscall, .code = L4_VEC_IPC});
    return checked(running.kernel->handle_ipc());
}

/// The interrupt of that vector, taken while `t` was running; returns who runs next.
kern::Thread* take_interrupt(kern::Thread* t, std::uint32_t vector);

/// Says what, where, with which registers, and who called whom; stops.
[[noreturn]] void panic(const char* what, const arch::Frame* frame = nullptr);

} // namespace x86
