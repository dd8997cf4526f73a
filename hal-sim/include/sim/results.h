// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "sim/regs.h"

namespace sim {

constexpr bool same(l4_threadid_t a, l4_threadid_t b) { return a.low == b.low && a.high == b.high; }

// What system calls return, by name.  `of` takes the registers apart.

struct IpcResult {
    std::uint32_t dope = 0, w0 = 0, w1 = 0;
    l4_threadid_t from{};
    static IpcResult of(const Regs& r) { return {r.eax, r.edx, r.ebx, r.esi_edi()}; }
    std::uint32_t error() const { return l4_msgdope_error(dope); }
    bool ok() const { return error() == L4_IPC_OK; }
    bool fpage() const { return (dope & L4_MSGDOPE_FPAGE_RECEIVED) != 0; }
    std::uint32_t dwords() const { return (dope & L4_MSGDOPE_DWORDS_MASK) >> L4_MSGDOPE_DWORDS_SHIFT; }
    std::uint32_t strings() const { return (dope & L4_MSGDOPE_STRINGS_MASK) >> L4_MSGDOPE_STRINGS_SHIFT; }
    bool from_irq(unsigned line) const { return from.low == line + L4_IRQ_ID_FIRST && from.high == 0; }
};

struct NearestResult {
    std::uint32_t type = 0;
    l4_threadid_t id{};
    static NearestResult of(const Regs& r) { return {r.eax, r.esi_edi()}; }
};

struct UnmapResult {
    std::uint32_t status = 0;
    static UnmapResult of(const Regs& r) { return {r.eax}; }
    bool referenced() const { return (status & L4_FP_REFERENCED) != 0; }
    bool dirty() const { return (status & L4_FP_DIRTY) != 0; }
};

struct SwitchResult {
    std::uint32_t status = 0;
    std::uint64_t remaining = 0;
    static SwitchResult of(const Regs& r) { return {r.eax, r.edx_ecx()}; }
};

struct ScheduleResult {
    std::uint32_t param = 0;
    std::uint64_t consumed = 0;
    l4_threadid_t partner{}, preempter{};
    static ScheduleResult of(const Regs& r) { return {r.eax, r.edx_ecx(), r.esi_edi(), r.ebx_ebp()}; }
    bool ok() const { return param != L4_SCHED_ERROR; }
    std::uint32_t prio() const { return param & L4_SCHED_PRIO_MASK; }
    std::uint32_t state() const { return (param & L4_SCHED_STATE_MASK) >> L4_SCHED_STATE_SHIFT; }
};

struct ExRegsResult {
    std::uint32_t eflags = 0, esp = 0, eip = 0;
    l4_threadid_t pager{}, preempter{};
    static ExRegsResult of(const Regs& r) { return {r.eax, r.ecx, r.edx, r.esi_edi(), r.ebx_ebp()}; }
    bool ok() const { return eflags != L4_EX_REGS_ERROR; }
};

struct TaskNewResult {
    l4_threadid_t id{};
    std::uint32_t eax = 0; ///< frames set aside, or the error
    std::uint32_t free_frames = 0;
    static TaskNewResult of(const Regs& r) { return {r.esi_edi(), r.eax, r.ecx}; }
    bool ok() const { return id.low != L4_NIL_LOW; }
};

} // namespace sim
