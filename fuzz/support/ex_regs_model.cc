// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/ex_regs_model.h"

#include <algorithm>
#include <cstring>

#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"

namespace fuzz {
namespace {

using For = kern::Wait::For;

constexpr std::uint32_t iopl = 0x3000;

bool same(l4_threadid_t a, l4_threadid_t b) { return a.low == b.low && a.high == b.high; }

/// 14.3, and 12.6 for the EIP that does not count.
bool has_eip(const ExRegsCall& call, const Seen& before) {
    return call.regs.edx != L4_EX_REGS_KEEP && !(call.has(L4_EX_REGS_RAISE_EXCEPTION) && before.trigger);
}

/// 6.4, 7.8: the IPC that it is in ends.
void cancel(Seen& t) {
    if (t.faulting) {
        t.state[trapno] = t.state[err] = t.state[pfa] = 0;
    } else if (t.drives) {
        t.state[eax] = L4_IPC_SEABORTED;
    } else if (t.is_partner) {
        t.state[eax] = L4_IPC_REABORTED;
    } else if (t.sends) {
        t.state[eax] = L4_IPC_SECANCELED;
    } else if (t.receives || t.idle_in_ipc) {
        t.state[eax] = L4_IPC_RECANCELED;
    }
    t.faulting = t.drives = t.is_partner = t.sends = t.receives = t.idle_in_ipc = false;
}

/// 16.2
std::uint32_t repaired(std::uint32_t selector, const Seen& t) {
    const std::uint32_t segment = selector & 0xfffc;
    bool good = segment == 0x18 || segment == 0x20 || segment == 0x28;
    for (std::uint32_t i = 0; i < 3; ++i) good = good || (segment == 0x30 + 8 * i && t.tls[i] != 0);
    return good ? selector & 0xffff : 0;
}

/// 11.4
std::uint32_t sanitised(std::uint32_t flags, std::uint32_t privilege) {
    const std::uint32_t own = privilege != 0 ? 0x00240fd5 : 0x00240dd5;
    return (flags & own) | (0x202 & ~own) | privilege;
}

/// 11.4, 14.4
void set_state(Seen& t, const l4_utcb_t& from) {
    State words;
    std::memcpy(words.data(), &from.state, sizeof words);
    const std::uint32_t n = std::min(from.snd_size, L4_UTCB_STATE_WORDS);
    for (std::uint32_t i = 0; i < n; ++i) {
        switch (i) {
            case cs:
            case pfa:
            case trapno:
            case err: break;
            case gs:
            case fs: t.state[i] = repaired(words[i], t); break;
            case eflags: t.state[i] = sanitised(words[i], t.state[i] & iopl); break;
            default: t.state[i] = words[i];
        }
    }
    if ((from.status & L4_UTCB_TIME_LIMIT) != 0)
        t.limit = kern::Micros{std::uint64_t{from.time_limit[1]} << 32 | from.time_limit[0]};
}

/// 14.5, 16
void set_tls(Seen& t, const l4_utcb_t& from) {
    for (std::size_t i = 0; i < t.tls.size(); ++i) {
        const std::uint32_t high = from.tls[2 * i + 1];
        const bool good = (high & 0xf800) == 0xf000;
        t.tls[i] = good ? std::uint64_t{high & ~(1u << 21)} << 32 | from.tls[2 * i] : 0;
    }
    for (const Word selector : {gs, fs}) t.state[selector] = repaired(t.state[selector], t);
}

/// 14.6: only who is in the midst of something else stops later.
void set_stop(Seen& t, bool stop, bool restarts) {
    const bool waits = t.faulting || t.drives || t.is_partner || t.sends || t.receives;
    if (!stop) {
        if (restarts) t.stop = t.stopped = false;
    } else if (!t.dead && !waits && !t.idle_in_ipc && !t.works && !t.stopped) {
        t.stopped = true, t.stop = false;
    } else if (!t.stopped) {
        t.stop = true;
    }
}

/// 14, in its order.
void change(Seen& t, const ExRegsCall& call, bool with_eip) {
    const bool restarts = with_eip || call.has(L4_EX_REGS_STATE_SET);
    if (call.has(L4_EX_REGS_FPU_SET) && !call.self) t.fpu = call.fpu;
    if (call.has(L4_EX_REGS_FPU_RESET)) t.fpu = {};
    if (restarts && !t.dead && !call.has(L4_EX_REGS_NO_CANCEL)) cancel(t);
    if (restarts) t.dead = false;
    if (call.has(L4_EX_REGS_STATE_SET)) set_state(t, call.utcb);
    if (call.regs.ecx != L4_EX_REGS_KEEP) t.state[esp] = call.regs.ecx;
    if (with_eip) t.state[eip] = call.regs.edx;
    if (call.has(L4_EX_REGS_TLS)) set_tls(t, call.utcb);
    if (call.has(L4_EX_REGS_ALIEN))
        t.alien = true;
    else if (with_eip)
        t.alien = false;
    if (call.has(L4_EX_REGS_RAISE_EXCEPTION)) t.trigger = true;
    set_stop(t, call.has(L4_EX_REGS_STOP), restarts);
}

/// 6.3: the old values, written last.
void report(State& state, const Seen& before) {
    state[eax] = before.state[eflags];
    state[ecx] = before.state[esp];
    state[edx] = before.state[eip];
    state[esi] = before.pager.low, state[edi] = before.pager.high;
    state[ebx] = before.preempter.low, state[ebp] = before.preempter.high;
}

State state_of(const kern::Thread& t) {
    const arch::Frame& f = t.frame;
    const kern::Fault& fault = t.fault();
    return {f.gs,  f.fs,  f.edi,        f.esi,     f.ebp, fault.pfa, f.ebx,    f.edx,
            f.ecx, f.eax, fault.trapno, fault.err, f.eip, f.cs,      f.eflags, f.esp};
}

} // namespace

l4_utcb_t utcb_of(arch::Machine& machine, const kern::Thread& t) {
    constexpr std::uint32_t per_frame = 0x1000 / L4_UTCB_SIZE;
    const auto bytes = machine.page(t.task().utcb_frame(t.lthread() / per_frame));
    l4_utcb_t utcb;
    std::memcpy(&utcb, &bytes[t.lthread() % per_frame * L4_UTCB_SIZE], sizeof utcb);
    return utcb;
}

Seen look(const kern::Kernel& kernel, arch::Machine& machine, const kern::Thread& t) {
    const For what = t.wait().what;
    const kern::Op op = t.op();
    const bool transfer_fault = t.fault().kind == kern::Fault::Kind::transfer;
    Seen s{.state = state_of(t),
           .pager = t.pager(),
           .preempter = t.internal_preempter(),
           .fpu = kernel.fpu_owner() == &t ? machine.fpu() : t.fpu,
           .tls = t.tls(),
           .limit = t.time_limit(),
           .dead = t.dead(),
           .stopped = what == For::stopped,
           .alien = t.alien(),
           .trigger = t.triggered(),
           .stop = t.stop()};
    s.works = op == kern::Op::unmap || op == kern::Op::task_new;
    s.idle_in_ipc = op == kern::Op::receive_phase;
    s.faulting = t.fault().of_program();
    s.drives = t.transfer().to != nullptr;
    s.is_partner = !s.drives && (what == For::transfer || transfer_fault);
    s.sends = what == For::send;
    s.receives =
        what == For::receive || what == For::receive_any || what == For::interrupt || what == For::sleep;
    return s;
}

Seen expected(const ExRegsCall& as_passed, const Seen& before) {
    Seen t = before;
    ExRegsCall call = as_passed;
    call.utcb.state = expected_state(call, before); // 14.1 comes first
    const sim::Regs& r = call.regs;
    if (!call.keeps_pager) t.pager = {r.esi, r.edi};
    if (!call.keeps_preempter) t.preempter = {r.ebx, r.ebp};
    change(t, call, has_eip(call, before));
    if (call.self) report(t.state, before);
    return t;
}

Seen expected_new(const ExRegsCall& call) {
    Seen t;
    const sim::Regs& r = call.regs;
    t.state[gs] = 0x2b, t.state[cs] = 0x1b, t.state[eflags] = 0x202;
    if (r.esi != L4_INVALID_LOW) t.pager = {r.esi, r.edi};
    if (r.ebx != L4_INVALID_LOW) t.preempter = {r.ebx, r.ebp};
    change(t, call, r.edx != L4_EX_REGS_KEEP);
    if (t.dead) t.state[eip] = L4_EX_REGS_KEEP;
    return t;
}

arch::FpuState expected_fpu(const ExRegsCall& call, const Seen& target_before) {
    if (call.self) return call.has(L4_EX_REGS_FPU_RESET) ? arch::FpuState{} : call.fpu;
    return call.has(L4_EX_REGS_FPU_GET) ? target_before.fpu : call.fpu;
}

l4_utcb_state_t expected_state(const ExRegsCall& call, const Seen& target_before) {
    l4_utcb_state_t state = call.utcb.state;
    if (call.has(L4_EX_REGS_STATE_GET)) std::memcpy(&state, target_before.state.data(), sizeof state);
    return state;
}

std::string difference(const Seen& now, const Seen& wanted, kern::Micros time) {
    constexpr const char* names[] = {"gs",  "fs",  "edi",    "esi", "ebp", "pfa", "ebx",    "edx",
                                     "ecx", "eax", "trapno", "err", "eip", "cs",  "eflags", "esp"};
    std::string all;
    const auto check = [&](bool holds, const char* what) {
        if (!holds) all += std::string(all.empty() ? "" : ", ") + what;
    };
    for (std::size_t i = 0; i < now.state.size(); ++i) {
        // A thread that is dispatched without the ports loses this privilege (17.1).
        const bool lost = i == eflags && now.state[i] == ((wanted.state[i] & ~iopl) | 0x202);
        check(now.state[i] == wanted.state[i] || lost, names[i]);
    }
    check(same(now.pager, wanted.pager), "the pager");
    check(same(now.preempter, wanted.preempter), "the preempter");
    check(now.fpu == wanted.fpu, "the floating-point registers");
    check(now.tls == wanted.tls, "TLS descriptors");
    // At dispatch a limit that is over becomes a time fault (15.2).
    const bool over = now.limit == kern::never && wanted.limit <= time;
    check(now.limit == wanted.limit || over, "the time limit");
    check(now.dead == wanted.dead, "dead or alive");
    check(now.stopped == wanted.stopped && now.stop == wanted.stop, "stopped, or to stop");
    check(now.alien == wanted.alien, "alien or not");
    check(now.trigger == wanted.trigger, "the trigger");
    check(now.sends == wanted.sends && now.receives == wanted.receives && now.drives == wanted.drives &&
              now.is_partner == wanted.is_partner && now.faulting == wanted.faulting &&
              now.works == wanted.works && now.idle_in_ipc == wanted.idle_in_ipc,
          "what it is in");
    return all;
}

} // namespace fuzz
