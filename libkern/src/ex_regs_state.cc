// SPDX-License-Identifier: BSD-2-Clause
// What lthread_ex_regs does beyond V2 (docs/semantics.md 12.6, 14): state by way of the caller's UTCB,
// floating-point registers, exceptions, stopping.
#include <cstring>
#include <new>
#include <utility>
#include "ex_regs.h"

namespace kern {

void Kernel::ex_regs_get(Thread& caller, const Thread& target, const ExRegs& args) {
    if (args.has(L4_EX_REGS_STATE_GET)) target.read_state(utcb(caller).state, L4_UTCB_STATE_WORDS);
}

/// The caller's registers are the processor's; whose owner's memory image is free meanwhile.
void Kernel::ex_regs_fpu(Thread& caller, Thread& target, const ExRegs& args) {
    constexpr std::uint32_t any = L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET | L4_EX_REGS_FPU_RESET;
    if (!args.has(any)) return;
    ensure(fpu_owner_ == &caller, "K20: the running thread's floating-point registers are not loaded");
    if (&target == &caller) {
        if (!args.has(L4_EX_REGS_FPU_RESET)) return;
        caller.fpu = {};
        return machine_.load_fpu(caller.fpu);
    }
    machine_.rest(); // lets one come: this takes as long as the rest of the call
    machine_.save_fpu(caller.fpu);
    const bool get = args.has(L4_EX_REGS_FPU_GET), reset = args.has(L4_EX_REGS_FPU_RESET),
               set = args.has(L4_EX_REGS_FPU_SET) && !reset;
    if (get && set)
        std::swap(caller.fpu, target.fpu);
    else if (get)
        caller.fpu = target.fpu;
    else if (set)
        target.fpu = caller.fpu;
    if (reset) new (&target.fpu) arch::FpuState{};
    if (get) machine_.load_fpu(caller.fpu);
    machine_.rest();
}

/// An IPC that goes on nevertheless has the arguments that it was called with.
void Kernel::ex_regs_set(Thread& caller, Thread& target, const ExRegs& args) {
    if (!args.has(L4_EX_REGS_STATE_SET | L4_EX_REGS_TLS)) return;
    const l4_utcb_t& source = utcb(caller);
    if (args.has(L4_EX_REGS_STATE_SET)) {
        target.keep_ipc_args();
        take_state(target, source, true);
    }
    if (!args.has(L4_EX_REGS_TLS)) return;
    std::uint64_t tls[ia32::tls_slots];
    static_assert(sizeof tls == sizeof source.tls);
    std::memcpy(tls, source.tls, sizeof tls);
    target.write_tls(0, tls, ia32::tls_slots);
}

/// Alien or not, the trigger, and whether it runs at all.
void Kernel::ex_regs_modes(Thread& target, const ExRegs& args) {
    if (args.has(L4_EX_REGS_ALIEN)) {
        target.alien_ = true;
    } else if (args.eip != L4_EX_REGS_KEEP) {
        target.alien_ = target.dealien_ = false;
        target.deferred_.after_call = 0;
    }
    if (args.has(L4_EX_REGS_RAISE_EXCEPTION)) target.deferred_.trigger = true;

    if (!Ext::ex_regs_stop) return;
    const bool stopped = target.wait_.what == Wait::For::stopped;
    if (!args.has(L4_EX_REGS_STOP)) {
        if (!args.restarts()) return;
        target.deferred_.stop = false;
        if (stopped) make_ready(target, Place::tail);
    } else if (target.ready() && target.op_ == Op::none) {
        target.deferred_.stop = false; // one to come, asked for while it was dead
        block(target, {.what = Wait::For::stopped}, never);
    } else if (!stopped) {
        target.deferred_.stop = true;
    }
}

} // namespace kern
