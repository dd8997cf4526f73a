// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs as docs/semantics.md 6, 12.6, 13 and 14 have it, written down once more: neither the
// kernel's code nor the specification's, and it can tell in the middle of other threads' long operations.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "l4/abi/utcb.h"
#include "sim/regs.h"

namespace fuzz {

/// The order of state words.
enum Word : std::uint8_t {
    gs,
    fs,
    edi,
    esi,
    ebp,
    pfa,
    ebx,
    edx,
    ecx,
    eax,
    trapno,
    err,
    eip,
    cs,
    eflags,
    esp
};
using State = std::array<std::uint32_t, L4_UTCB_STATE_WORDS>;

/// Of a thread, what the call shows or changes.
struct Seen {
    State state{};
    l4_threadid_t pager = l4_nil_id(), preempter = l4_nil_id();
    arch::FpuState fpu{};
    std::array<std::uint64_t, 3> tls{};
    kern::Micros limit = kern::never;
    bool dead = true, stopped = false;
    bool alien = false, trigger = false, stop = false; ///< stop: still to come
    // What it is in, for ending that.
    bool works = false;       ///< in a long operation of its own that is no IPC
    bool idle_in_ipc = false; ///< ready, on its way into its receive phase
    bool faulting = false;    ///< of its program
    bool drives = false, is_partner = false, sends = false, receives = false;
};

/// A call, and all that it depends on.
struct ExRegsCall {
    sim::Regs regs;
    l4_utcb_t utcb{};                                  ///< the caller's
    arch::FpuState fpu{};                              ///< the caller's
    bool self = false;                                 ///< the caller is the target
    bool keeps_pager = false, keeps_preempter = false; ///< the new one names nobody

    bool has(std::uint32_t flag) const { return (regs.eax & flag) != 0; }
};

Seen look(const kern::Kernel& kernel, arch::Machine& machine, const kern::Thread& t);
l4_utcb_t utcb_of(arch::Machine& machine, const kern::Thread& t);

/// The target afterwards; its dispatch included, if it is dispatched.
Seen expected(const ExRegsCall& call, const Seen& before);
/// A thread that did not exist.
Seen expected_new(const ExRegsCall& call);
/// The caller's floating-point registers and state words.
arch::FpuState expected_fpu(const ExRegsCall& call, const Seen& target_before);
l4_utcb_state_t expected_state(const ExRegsCall& call, const Seen& target_before);

/// What differs; empty: nothing. `now` is the time of the call.
std::string difference(const Seen& now, const Seen& wanted, kern::Micros time);

} // namespace fuzz
