// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "sim/regs.h"
#include "sim/results.h"

namespace sim {

// What system calls take, by name, for designated initialisers.  `regs` puts it into registers; nothing is
// checked.

struct Ipc {
    using Result = IpcResult;
    static constexpr std::uint32_t vector = L4_VEC_IPC;
    l4_threadid_t partner{};
    std::uint32_t w0 = 0, w1 = 0;
    std::uint32_t send = L4_IPC_NO_SEND;    ///< send descriptor
    std::uint32_t receive = L4_IPC_NO_RECV; ///< receive descriptor
    std::uint32_t timeout = L4_TIMEOUT_NEVER;
    Regs regs() const {
        return {.eax = send,
                .ebx = w1,
                .ecx = timeout,
                .edx = w0,
                .esi = partner.low,
                .edi = partner.high,
                .ebp = receive};
    }
};

struct IdNearest {
    using Result = NearestResult;
    static constexpr std::uint32_t vector = L4_VEC_ID_NEAREST;
    l4_threadid_t id{};
    Regs regs() const { return {.esi = id.low, .edi = id.high}; }
};

struct Unmap {
    using Result = UnmapResult;
    static constexpr std::uint32_t vector = L4_VEC_FPAGE_UNMAP;
    std::uint32_t fpage = 0, mask = 0;
    Regs regs() const { return {.eax = fpage, .ecx = mask}; }
};

struct ThreadSwitch {
    using Result = SwitchResult;
    static constexpr std::uint32_t vector = L4_VEC_THREAD_SWITCH;
    l4_threadid_t to{};
    std::uint32_t slice_id = 0;
    Regs regs() const { return {.eax = slice_id, .esi = to.low, .edi = to.high}; }
};

struct ThreadSchedule {
    using Result = ScheduleResult;
    static constexpr std::uint32_t vector = L4_VEC_THREAD_SCHEDULE;
    l4_threadid_t thread{};
    std::uint32_t param = L4_SCHED_QUERY;
    l4_threadid_t preempter{L4_INVALID_LOW, L4_INVALID_LOW};
    Regs regs() const {
        return {
            .eax = param, .ebx = preempter.low, .esi = thread.low, .edi = thread.high, .ebp = preempter.high};
    }
};

struct ExRegs {
    using Result = ExRegsResult;
    static constexpr std::uint32_t vector = L4_VEC_LTHREAD_EX_REGS;
    std::uint32_t target = 0; ///< lthread, task << 7, flags
    std::uint32_t esp = L4_EX_REGS_KEEP, eip = L4_EX_REGS_KEEP;
    l4_threadid_t pager{L4_INVALID_LOW, L4_INVALID_LOW}, preempter{L4_INVALID_LOW, L4_INVALID_LOW};
    Regs regs() const {
        return {.eax = target,
                .ebx = preempter.low,
                .ecx = esp,
                .edx = eip,
                .esi = pager.low,
                .edi = pager.high,
                .ebp = preempter.high};
    }
};

struct TaskNew {
    using Result = TaskNewResult;
    static constexpr std::uint32_t vector = L4_VEC_TASK_NEW;
    l4_threadid_t task{};
    std::uint32_t mcp_or_chief = 255; ///< create: mcp, quota, flags; else the low word of the new chief's id
    std::uint32_t esp = 0, eip = 0;
    l4_threadid_t pager{}; ///< nil: only delete, and give the number to the new chief
    Regs regs() const {
        return {.eax = mcp_or_chief,
                .ebx = pager.low,
                .ecx = esp,
                .edx = eip,
                .esi = task.low,
                .edi = task.high,
                .ebp = pager.high};
    }
};

} // namespace sim
