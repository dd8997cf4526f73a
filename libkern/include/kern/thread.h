// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <variant>
#include "kern/ext.h"
#include "kern/hal_contract.h"
#include "kern/ids.h"
#include "kern/list.h"
#include "kern/map_job.h"
#include "kern/task_new_args.h"
#include "kern/timeout_queue.h"
#include "kern/transfer.h"
#include "kern/unmap_job.h"
#include "kern/wait.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace kern {

class Task;

/// A thread control block: registers, scheduling parameters, and what it waits for.  Made and deleted with
/// or by its task only; written by the kernel only, through one writer for the wait state (Kernel::block,
/// make_ready).
class Thread {
public:
    /// `task` is nullptr for the idle thread alone.
    Thread(Task* task, ThreadId id, Prio prio, std::uint8_t mcp)
        : id_(id), task_(task), prio_(prio), mcp_(mcp), hidden_(id == ThreadId::of({L4_INVALID_LOW, 0})) {}

    arch::Frame frame{};  ///< first: entry code finds it at offset 0
    arch::FpuState fpu{}; ///< while another thread's is loaded

    ThreadId id() const { return id_; }
    TaskNo task_no() const { return id_.task; }
    std::uint8_t lthread() const { return id_.lthread; }
    Task& task() const { return *task_; }
    bool idle() const { return task_ == nullptr; }
    /// The hardware layer opens a window for interrupts and delivers `resume` instead of going to user mode.
    bool in_kernel() const { return op_ != Op::none || deferred_.any(); }

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
    /// The arguments of the IPC that it is in, as it was called with them.
    IpcArgs ipc_args() const { return args_kept_ ? transfer_.send : IpcArgs::decode(frame); }
    bool holds_irq() const { return irq_attached_; }
    Line irq_line() const { return irq_line_; }

    bool alien() const { return Ext::alien && alien_; }
    bool dealien() const { return dealien_; } ///< its next system call is executed
    /// Vector of the exception that is pending because its reflection lacked memory; 0: none.
    std::uint32_t reflection() const { return deferred_.reflection; }
    bool triggered() const { return deferred_.trigger; }
    bool time_fault() const { return deferred_.time_fault; }
    bool stop() const { return deferred_.stop; } ///< to come; not once it has stopped
    /// Error code of the exception that is pending because an alien's call is over; 0: none.
    std::uint32_t after_call() const {
        const bool over = (ready() && op_ == Op::none) || wait_.what == Wait::For::stopped;
        return over ? deferred_.after_call : 0;
    }
    Micros time_limit() const { return Ext::time_limit ? time_limit_ : never; } ///< `never`: none
    bool has_time_limit() const { return has_time_limit_; }
    const std::array<std::uint64_t, 3>& tls() const { return tls_; }
    bool has_tls() const { return has_tls_; } ///< one is not empty
    std::uint32_t idt_base() const { return idt_base_; }
    std::uint32_t idt_limit() const { return idt_limit_; } ///< 0: no table

    // thread_state.cc: its registers as a UTCB's state words (docs/semantics.md 11.4)
    void read_state(l4_utcb_state_t& to, std::uint32_t count) const;
    void write_state(const l4_utcb_state_t& from, std::uint32_t count) {
        count == L4_UTCB_STATE_WORDS ? write_all(from) : write_some(from, count);
    }
    /// Of its registers: what no program may have.  For ways into the kernel that do not see to it
    /// themselves.
    void take_back_privileges();
    /// Sets TLS descriptors; what must not be one becomes empty (docs/semantics.md 16).
    void write_tls(std::uint32_t first, const std::uint64_t* from, std::uint32_t count);

    Prio prio() const { return prio_; }
    std::uint8_t mcp() const { return mcp_; }
    Micros slice() const { return slice_; }
    Micros remaining() const { return remaining_; }
    Micros consumed() const { return consumed_; }
    l4_threadid_t pager() const { return pager_; }
    l4_threadid_t internal_preempter() const { return internal_preempter_; }
    l4_threadid_t external_preempter() const { return external_preempter_; }

    Link<Thread> ready_link{*this};   ///< Scheduler: the queue of its priority, while another runs
    Link<Thread> sender_link{*this};  ///< Thread::senders of the thread that it waits to send to
    Link<Thread> present_link{*this}; ///< Task: its threads
    Timeout timeout{*this};
    List<Thread, &Thread::sender_link> senders; ///< who waits to send to it, in order of arrival

private:
    friend class Kernel;    // the only writer, but for
    friend class Scheduler; // is_donee_
    friend struct Layout;   // offsets for a hardware layer's assembly, which writes only as the kernel would
    friend struct Saboteur; // tests that break an invariant to see it caught
    void write_all(const l4_utcb_state_t& from);
    void write_some(const l4_utcb_state_t& from, std::uint32_t count);
    std::uint32_t repaired(std::uint32_t selector) const;
    void set_time_limit(Micros at) {
        time_limit_ = at;
        has_time_limit_ = at != never;
    }
    /// Without the privilege interrupts are on.
    void set_iopl(bool has) {
        has_iopl_ = has;
        frame.eflags =
            has ? frame.eflags | ia32::eflags_iopl : (frame.eflags & ~ia32::eflags_iopl) | ia32::user_eflags;
    }
    /// Before its registers change under the IPC that it is in.
    void keep_ipc_args() {
        if (!args_kept_ && transfer_.to == nullptr) transfer_.send = IpcArgs::decode(frame);
        args_kept_ = true;
    }

    [[no_unique_address]] arch::EntryWords entry_words_;
    ThreadId id_;
    PAddr utcb_{}; ///< 0: there are none
    Task* task_;
    Prio prio_;
    std::uint8_t mcp_;
    Line irq_line_{};
    bool dealien_ = false;
    // Four bytes that are 0 for most: assembly asks for them at once (Layout).
    Op op_ = Op::none;
    bool irq_attached_ = false;
    bool args_kept_ : 1 = false; ///< the arguments of its IPC are in transfer_.send, not in its registers
    bool is_donee_  : 1 = false; ///< runs on another's slice; Scheduler alone writes it
    bool alien_ = false;
    Wait wait_{};
    Fault fault_{};
    Micros slice_{L4_SLICE_DEFAULT_US}, remaining_{L4_SLICE_DEFAULT_US}, consumed_{};
    l4_threadid_t pager_{}, internal_preempter_{}, external_preempter_{};
    Micros time_limit_ = never; ///< set_time_limit() alone writes it
    std::array<std::uint64_t, 3> tls_{};
    std::uint32_t idt_base_ = 0;
    std::uint16_t idt_limit_ = 0;
    Deferred deferred_{};
    // Four more such bytes.
    bool has_tls_ = false;        ///< one of tls_ is not empty
    bool has_time_limit_ = false; ///< time_limit_ is not `never`
    bool has_iopl_ = false;       ///< its EFLAGS have the privilege for I/O
    bool hidden_;                 ///< its number is that of the invalid id, which names nobody
    Transfer transfer_{};
    /// Work under way: the flexpage of the transfer that is being mapped, an fpage_unmap, a task_new, or a
    /// text.
    std::variant<std::monostate, MapJob, UnmapJob, TaskNewArgs, TextJob> job_;
};

} // namespace kern
