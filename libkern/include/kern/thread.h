// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <variant>
#include "kern/hal_contract.h"
#include "kern/ids.h"
#include "kern/list.h"
#include "kern/map_job.h"
#include "kern/timeout_queue.h"
#include "kern/transfer.h"
#include "kern/unmap_job.h"
#include "kern/wait.h"
#include "l4/abi/limits.h"

namespace kern {

class Task;

/// A thread control block: registers, scheduling parameters, and what it waits for.  Made and deleted with
/// or by its task only; written by the kernel only, through one writer for the wait state (Kernel::block,
/// make_ready).
class Thread {
public:
    /// `task` is nullptr for the idle thread alone.
    Thread(Task* task, ThreadId id, Prio prio, std::uint8_t mcp)
        : id_(id), task_(task), prio_(prio), mcp_(mcp) {}

    arch::Frame frame{};  ///< first: entry code finds it at offset 0
    arch::FpuState fpu{}; ///< while another thread's is loaded

    ThreadId id() const { return id_; }
    TaskNo task_no() const { return id_.task; }
    std::uint8_t lthread() const { return id_.lthread; }
    Task& task() const { return *task_; }
    bool idle() const { return task_ == nullptr; }
    /// The hardware layer opens a window for interrupts and delivers `resume` instead of going to user mode.
    bool in_kernel() const { return op_ != Op::none; }

    const Wait& wait() const { return wait_; }
    const Fault& fault() const { return fault_; }
    const Transfer& transfer() const { return transfer_; }
    Op op() const { return op_; }
    bool ready() const { return wait_.what == Wait::For::nothing; }
    bool dead() const { return wait_.what == Wait::For::dead; }
    /// Would a message from `from` be received at once?
    bool accepts(const Thread& from) const {
        return wait_.what == Wait::For::receive_any ||
               (wait_.what == Wait::For::receive && wait_.peer == from.id_ && &from != this);
    }
    bool holds_irq() const { return irq_attached_; }
    Line irq_line() const { return irq_line_; }

    Prio prio() const { return prio_; }
    std::uint8_t mcp() const { return mcp_; }
    Micros slice() const { return slice_; }
    Micros remaining() const { return remaining_; }
    Micros consumed() const { return consumed_; }
    l4_threadid_t pager() const { return pager_; }
    l4_threadid_t internal_preempter() const { return internal_preempter_; }
    l4_threadid_t external_preempter() const { return external_preempter_; }

    Link<Thread> ready_link{*this};   ///< Scheduler: the queue of its priority
    Link<Thread> sender_link{*this};  ///< Thread::senders of the thread that it waits to send to
    Link<Thread> present_link{*this}; ///< Task: its threads
    Timeout timeout{*this};
    List<Thread, &Thread::sender_link> senders; ///< who waits to send to it, in order of arrival

private:
    friend class Kernel;    // the only writer
    friend struct Saboteur; // tests that break an invariant to see it caught
    ThreadId id_;
    Task* task_;
    Prio prio_;
    std::uint8_t mcp_;
    Op op_ = Op::none;
    bool irq_attached_ = false;
    Line irq_line_{};
    Wait wait_{};
    Fault fault_{};
    Micros slice_{L4_SLICE_DEFAULT_US}, remaining_{L4_SLICE_DEFAULT_US}, consumed_{};
    l4_threadid_t pager_{}, internal_preempter_{}, external_preempter_{};
    Transfer transfer_{};
    /// Memory work under way: the flexpage of the transfer that is being mapped, or an fpage_unmap.
    std::variant<std::monostate, MapJob, UnmapJob> job_;
};

} // namespace kern
