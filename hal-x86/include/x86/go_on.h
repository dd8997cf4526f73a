// SPDX-License-Identifier: BSD-2-Clause
// From an event to the return to user mode.  Inline: every entry goes this way.
#pragma once
#include "l4/abi/ipc.h"
#include "x86/kernel.h"

namespace x86 {

/// Does what t waits for in the kernel; returns who goes on in user mode, in the end.
kern::Thread* wait_for_user(kern::Thread* t);

/// Gives the processor to t.  Returns the frame of the thread that goes on in user mode.
inline arch::Frame* run(kern::Thread* t) {
    if (t->idle() || t->in_kernel() || running.arrived != 0) [[unlikely]]
        t = wait_for_user(t);
    running.kip->clock = running.kernel->now().raw();
    machine.set_entry_stack(t->frame);
    return &t->frame;
}

/// With the trace ring and the checks, whichever are on.
kern::Thread* handle_watched(const kern::Event& event);

/// Tells the kernel; returns who runs next.
inline kern::Thread* handle(const kern::Event& event) {
    if (running.watched) [[unlikely]]
        return handle_watched(event);
    return &running.kernel->handle(event);
}

/// The same for {syscall, L4_VEC_IPC}.
inline kern::Thread* handle_ipc() {
    if (running.watched) [[unlikely]]
        return handle_watched({.kind = kern::Event::Kind::syscall, .code = L4_VEC_IPC});
    return &running.kernel->handle_ipc();
}

/// An exception with an error code, if the running thread goes on at once because it reflects it.
inline bool reflected(const arch::Frame& frame) {
    if (running.watched || !running.kernel->reflected(frame.trapno, frame.err)) return false;
    running.kip->clock = running.kernel->now().raw();
    return true;
}

} // namespace x86
