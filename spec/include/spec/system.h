// SPDX-License-Identifier: BSD-2-Clause
// The executable specification: a whole system as one value.  docs/semantics.md in code, slow and plain;
// comments give the numbers of its rules.  Long operations are done at once.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "spec/config.h"
#include "spec/event.h"
#include "spec/memory.h"
#include "spec/observation.h"
#include "spec/ram.h"
#include "spec/thread.h"

namespace spec {

class System {
public:
    explicit System(const Config&);

    /// One entry into the kernel.  `now` never goes back.
    void handle(const Event&, Time now);

    /// For tests: a payment of the next event fails (Accounts::fail_payment).
    void fail_payment(Word n) { memory_.accounts.fail_payment(n); }
    bool failure_pending() const { return memory_.accounts.failure_pending(); }

    /// Who runs now; none when idle.
    std::optional<ThreadName> current() const;
    /// The current thread wants `resume` instead of user mode.
    bool current_in_kernel() const;
    /// It wants it to drive its transfer; else to stop or to send a pending exception.
    bool current_drives() const;
    /// No thread does.
    bool quiescent() const;
    /// What the timer is armed for.
    std::optional<Time> timer() const;

    /// Trap frame of the current thread, and of any that exists.
    Registers& registers();
    Registers& registers(ThreadName name) { return threads_.at(name).registers; }
    /// Floating-point registers of the current thread: user code writes them.
    std::array<std::uint8_t, 512>& fpu() { return threads_.at(current_).fpu; }
    /// Where the current thread finds its UTCB (11.3).
    Word utcb_address() const { return L4_UTCB_AREA + L4_UTCB_SIZE * Word{current_.lthread}; }

    /// User accesses of the current thread.  One that succeeds sets the accessed and dirty bits; one that
    /// fails does nothing (deliver a page fault with error_code()).
    bool access(Word va, bool write);
    std::optional<Word> load(Word va); ///< a word; `va` a multiple of 4
    bool store(Word va, Word value);
    std::optional<std::uint8_t> load_byte(Word va);
    bool store_byte(Word va, std::uint8_t value);
    Word error_code(Word va, bool write) const;
    /// What such an access would meet; changes nothing.
    Translation look(Word va, bool write) const { return memory_.look(current_.task, va, write); }
    bool has_port(Word port) const; ///< of the current thread's task

    /// Physical memory, for set-up and comparison.
    Ram& ram() { return ram_; }
    const Ram& ram() const { return ram_; }

    Observation observe() const;
    /// Of one thread; none when it does not exist.
    std::optional<ThreadView> observe(ThreadName) const;
    /// Empty, or what is inconsistent in the model itself.
    std::string check() const;

private:
    enum class Place { head, tail };
    enum class Side { sender, receiver };
    struct PageMissing {
        Side side;
        Word address;
        bool write, present;
    };
    struct TransferAborted {};
    struct MapFailed {};
    struct Sigma0Killed {
        ThreadName thread;
    };
    struct TransferResult {
        Word dwords = 2, strings = 0;
        bool fpage = false, cut = false;
    };
    class Run;

    void syscall(ThreadName self, Word vector);

    // ids.cc
    Thread& thread(ThreadName name) { return threads_.at(name); }
    const Thread& thread(ThreadName name) const { return threads_.at(name); }
    bool exists(ThreadName name) const { return threads_.count(name) != 0; }
    bool active(TaskNo task) const { return tasks_.count(task) != 0; }
    std::optional<ThreadName> find(Id) const;
    std::optional<ThreadName> find_live(Id) const;
    static std::optional<Word> irq_line(Id);
    static bool has_pager_in(const Thread&, TaskNo);
    Id reported(ThreadName) const;
    Word nest_of(TaskNo) const;
    bool is_below(TaskNo task, TaskNo above) const;
    void sys_id_nearest(ThreadName self);

    // scheduler.cc
    void charge(Time passed);
    void make_ready(ThreadName, Place);
    void block(ThreadName);
    void to_tail(ThreadName);
    void dispatch();
    void before_user_mode(Thread&, TaskNo);
    ThreadName slice_owner() const;
    void end_slice();
    void sys_thread_switch(ThreadName self);

    // schedule_call.cc
    void sys_thread_schedule(ThreadName self);
    Word schedule_state(const Thread&) const;
    Id schedule_partner(const Thread&) const;

    // timeouts.cc
    bool is_zero(const Deadline& deadline) const { return deadline && *deadline <= now_; }
    void arm(ThreadName, Deadline);
    void disarm(ThreadName);
    void expire_all();
    void expire(ThreadName);

    // ipc.cc
    void sys_ipc(ThreadName self);
    bool accepts(ThreadName receiver, ThreadName sender) const;
    void send_phase(ThreadName self);
    void receive_phase(ThreadName self);
    void receive_closed(ThreadName self);
    void wait_to_receive(ThreadName self);
    void take_message(ThreadName self, ThreadName sender);
    void send_done(ThreadName sender);
    void deliver(ThreadName to, Word dope, Word w0, Word w1, ThreadName from, Place);
    void finish(ThreadName, Word eax, Place = Place::tail);
    void leave_sender_queue(ThreadName);

    // irq.cc
    void irq_event(Word line);
    void receive_irq(ThreadName self, Word line);
    void deliver_irq(ThreadName owner, Word line);
    std::optional<Word> attached_line(ThreadName) const;
    void detach_irqs(ThreadName);

    // transfer.cc
    void begin_transfer(ThreadName sender, ThreadName receiver);
    void drive(ThreadName sender);
    void complete_transfer(ThreadName sender, const TransferResult&);
    void end_transfer(ThreadName driver, Word receiver_code, Word sender_code);
    ThreadName transfer_of(ThreadName) const;

    // utcb.cc
    Word utcb_word(ThreadName, Word offset) const;
    void set_utcb_word(ThreadName, Word offset, Word value);
    bool has_status(ThreadName, Word bit) const;
    std::array<Word, L4_UTCB_STATE_WORDS> state_words(const Thread&) const;
    void store_state(const Thread& of, ThreadName to, Word count);
    void set_state(Thread&, ThreadName from) const;
    void copy_words(ThreadName from, ThreadName to);
    void set_time_limit(Thread&, ThreadName from) const;
    static void set_tls(Thread&, Word slot, std::uint64_t descriptor);
    static void repair_selectors(Thread&);

    // exception.cc
    void exception(ThreadName self, Word vector, Word error_code);
    bool send_exception(ThreadName self, Word vector, Word error_code, Word pfa = 0);
    bool reflect(ThreadName self, Word vector, Word error_code);
    void trap_alien_call(ThreadName self, Word error_code);
    static void end_alien(Thread&);
    static void call_is_over(Thread&);
    static bool has_pending(const Thread&);
    static bool in_kernel(const Thread&);
    void resume(ThreadName self);

    // emulate.cc
    void io_fault(ThreadName self, Word port, Word bytes);
    void emulate(ThreadName self, Word what);
    void lidt(ThreadName self);
    void lldt(ThreadName self);
    bool holds_ports(TaskNo, Word port, Word bytes) const;
    std::optional<std::vector<Physical>> user_bytes(ThreadName self, Word va, Word size, bool write);

    // page_fault.cc
    void user_fault(ThreadName self, Word address, Word error_code);
    void transfer_fault(ThreadName driver, const PageMissing&);
    void raise_fault(ThreadName owner, Fault, Deadline);
    void wait_for_answer(ThreadName owner);
    void answer_fault(ThreadName owner, ThreadName from, Word w0, Place);
    void withdraw_fault(ThreadName owner);
    void expire_fault(ThreadName owner);
    void end_by_time(ThreadName driver, Side);
    void no_pager(ThreadName owner, FaultKind);

    // life.cc
    bool create_thread(ThreadName, const Thread&);
    void kill(ThreadName);
    void delete_thread(ThreadName);
    void cancel_ipc(ThreadName);

    // ex_regs.cc
    void sys_ex_regs(ThreadName self);
    bool may_ex_regs(ThreadName self, ThreadName target) const;
    void ex_regs_new(ThreadName self, ThreadName target);
    void ex_regs_existing(ThreadName self, ThreadName target);
    void ex_regs_results(ThreadName self, const Thread& old);
    void ex_regs_fpu(Thread& caller, Thread& target, Word flags) const;
    void ex_regs_state(ThreadName self, Thread& target) const;
    void start_or_cancel(ThreadName target, bool cancels);
    void stop(ThreadName);
    void end_stop(ThreadName);

    // tasks.cc
    void sys_task_new(ThreadName self);
    Word task_new_error(ThreadName self, TaskNo number) const;
    bool create_task(ThreadName self, TaskNo number);
    std::vector<TaskNo> tasks_of(TaskNo chief) const;
    void kill_tree(TaskNo task, TaskNo heir);
    void kill_task(TaskNo task, TaskNo heir);

    // observe.cc
    ThreadView view(const Thread&) const;
    std::string check_thread(ThreadName, const Thread&) const;
    TaskView view(TaskNo) const;

    Time now_;           ///< the clock at the last entry
    ThreadName current_; ///< nobody: idle
    std::optional<std::pair<ThreadName, ThreadName>> donation_;

    std::map<ThreadName, Thread> threads_;
    std::map<TaskNo, Task> tasks_; ///< the active ones
    std::array<TaskNo, L4_TASKS> chief_{};
    std::map<Word, std::deque<ThreadName>, std::greater<>> ready_; ///< by prio, highest first; no empty ones
    struct Armed {
        Time when;
        std::uint64_t order;
        ThreadName thread;
        auto operator<=>(const Armed&) const = default;
    };
    std::set<Armed> deadlines_;
    Word timeouts_; ///< expired by one timer event at most
    std::uint64_t arm_count_ = 0, task_count_ = 0;
    std::uint64_t irq_lines_;
    std::map<Word, IrqView> irqs_;
    Memory memory_;
    Ram ram_;
};

} // namespace spec
