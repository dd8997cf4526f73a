// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "ia32/emulated.h"
#include "kern/boot_info.h"
#include "kern/event.h"
#include "kern/irq_table.h"
#include "kern/limits.h"
#include "kern/map_db.h"
#include "kern/scheduler.h"
#include "kern/task_table.h"
#include "kern/thread.h"
#include "kern/timeout_queue.h"

namespace kern {

/// One microkernel.  All state is in here, in the frames of its BootInfo, or in the Machine it was given; a
/// process may hold any number.  An event kernel: handle() does all there is to do for one event and returns
/// who runs next; nothing in it blocks, and what waits is data (Wait, Fault, Transfer).  docs/semantics.md
/// says what it does.
class Kernel {
public:
    Kernel(arch::Machine& machine, const BootInfo& boot, const Limits& limits = {});
    /// Its objects are left where they are: whoever ends a kernel takes the frames back whole.
    ~Kernel() { kernel_account_.unreserve(kernel_account_.used()); }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    /// Makes sigma0 and root; returns root, to be run first.  Once, before handle().
    Thread& start();
    Thread& handle(const Event& e); ///< bounded by Limits; returns the thread to run
    Thread& handle_ipc() {          ///< the same for {syscall, L4_VEC_IPC}
        if constexpr (Ext::shortcut)
            if (Thread* const next = ipc_shortcut()) [[likely]]
                return *next;
        return handle_any({.kind = Event::Kind::syscall, .code = L4_VEC_IPC});
    }
    bool reflected(std::uint32_t vector, std::uint32_t code) { ///< an exception, if its thread just goes on
        return current().idt_limit_ != 0 && reflect_shortcut(vector, code);
    }
    void check_invariants();    ///< everything of docs/invariants.md; walks all there is
    void check_current() const; ///< of these, what the running thread takes part in; next to free

    Thread& current() { return scheduler_.running(); }
    const Thread& current() const { return scheduler_.running(); }
    Thread* find(ThreadId id) const { return tasks_.thread(id); } ///< dead or alive; nullptr: there is none
    Micros now() const { return now_; }
    Micros armed_timer() const { return armed_; }
    l4_threadid_t report(ThreadId id) const; ///< as the kernel tells it to users (docs/semantics.md 2.2)
    const Scheduler& scheduler() const { return scheduler_; }
    const TimeoutQueue& timeouts() const { return timeouts_; }
    const FramePool& frames() const { return frames_; }
    const TaskTable& tasks() const { return tasks_; }
    /// Whose floating-point registers the processor holds; nullptr: nobody's.
    const Thread* fpu_owner() const { return fpu_owner_; }
    const IrqTable& irqs() const { return irqs_; }
    const MapDb& map_db() const { return map_db_; }
    MapDb& map_db() { return map_db_; } ///< for inspection only

private:
    friend struct Saboteur;
    friend struct Layout; // offsets for a hardware layer's assembly
    // check.cc
    void check_number(TaskNo no) const;
    void check_utcbs(const Task& task) const;
    void check_running(const Thread& t) const;
    void check_accounts() const;
    void check_thread(const Thread& t) const;
    void check_choice() const;
    // kernel.cc, switch.h: entry and exit
    Thread& handle_any(const Event& e);
    void charge(Micros now, Thread& ran, Thread& payer);
    void syscall(Thread& self, std::uint32_t vector);
    void resume(Thread& self);
    bool goes_on(); // long work, in this entry
    Thread& leave();
    Thread& leave_to(Thread& next);
    void prepare(Thread& t);
    // shortcut.cc
    Thread* ipc_shortcut();
    Thread* answer_shortcut(Thread& t, Thread& to);
    Thread* map_shortcut();
    Thread* unmap_shortcut();
    Thread* long_shortcut();
    std::uint32_t move_at_once(Thread& from, Thread& to); // at_once.cc
    void answer(Thread& t, Thread& to);
    Thread* fault_shortcut(const Event& e);
    bool reflect_shortcut(std::uint32_t vector, std::uint32_t code);
    bool waits_simply(const Thread& t) const;
    void sent_by_shortcut(Thread& t, Thread& to);
    Thread* end_shortcut(Thread& t, Thread& to, Event::Kind event, std::uint32_t message);
    // time.cc
    void timer();
    void expire(Thread& t);
    Thread& slice_owner();
    void arm_timer();
    // state.cc: the one writer of the wait state
    enum class Place : bool { tail, head };
    void block(Thread& t, const Wait& wait, Micros deadline);
    void make_ready(Thread& t, Place place);
    void finish(Thread& t, std::uint32_t result, Place place = Place::tail);
    void leave_queue(Thread& t);
    void kill(Thread& t);
    // ipc.cc: rendezvous
    Thread* partner(l4_threadid_t id) const;
    void sys_ipc(Thread& t);
    void begin_send(Thread& t, const IpcArgs& args);
    bool expired(Micros deadline) const { return deadline <= now_; }
    Thread* receiver(l4_threadid_t id);
    void begin_receive(Thread& t, std::uint32_t links_before = 0);
    Thread* receive(Thread& t);
    Thread* receive_closed(Thread& t, const IpcArgs& args);
    void receive_irq(Thread& t, const IpcArgs& args);
    Thread* take(Thread& from, Thread& to);
    void deliver(Thread& from, Thread& to, Place place);
    Thread* sent(Thread& from);
    void deliver_irq(Thread& t);
    static l4_utcb_t& utcb(const Thread& t) { return t.task().utcb(t.lthread()); } // utcb.cc
    void move_state(Thread& from, Thread& to, std::uint32_t w0);
    static void take_state(Thread& t, const l4_utcb_t& from, bool words);
    // exception.cc
    void exception(Thread& t, std::uint32_t vector, std::uint32_t code);
    void run_text(Thread& t);
    bool takes_exception(const Thread& t, std::uint32_t trapno);
    void send_exception(Thread& t, std::uint32_t trapno, std::uint32_t err, VAddr pfa = {});
    bool push(Thread& t, const std::uint32_t* words, std::uint32_t count);
    bool push_across_pages(Thread& t, const std::uint32_t* words, std::uint32_t count);
    bool reflect(Thread& t, std::uint32_t vector, std::uint32_t code);
    bool alien_may_call(Thread& t, std::uint32_t vector);
    void run_deferred(Thread& t);
    // emulate.cc: what the kernel does in place of a user's instruction
    void io_fault(Thread& t, std::uint32_t port, std::uint32_t bytes);
    void emulate(Thread& t, ia32::Emulated instruction);
    void emulate_lidt(Thread& t);
    void emulate_lldt(Thread& t);
    std::byte* look(Thread& t, std::uint32_t addr, Access access);
    bool fetch(Thread& t, std::uint32_t from, void* to, std::uint32_t size);
    // fault.cc: page-fault messages
    void page_fault(Thread& t, VAddr addr, std::uint32_t code);
    bool wants_state(const Thread& t);
    void send_fault(Thread& t);
    Thread* receive_fault_answer(Thread& t);
    void fault_answered(Thread& t, std::uint32_t w0, Place place);
    void fault_failed(Thread& t);
    bool transfer_fault(Thread& driver, Thread& owner, std::uint32_t addr, Access access);
    void fault_timeout(Thread& driver, bool in_sender);
    // transfer.cc: messages of more than two registers
    void begin_transfer(Thread& from, Thread& to);
    void run_transfer(Thread& from);
    void complete_transfer(Thread& from);
    void end_transfer(Thread& from, std::uint32_t from_result, std::uint32_t to_result);
    // transfer_steps.cc, transfer_strings.cc: false: it waits, has ended, or has used up this entry's steps
    struct Leg;
    bool step(Thread& from, Leg& leg);
    bool step_head(Thread& from, Leg& leg);
    bool step_item(Thread& from, Leg& leg);
    bool map_item(Thread& from, Leg& leg);
    bool step_list(Thread& from);
    bool step_words(Thread& from, Leg& leg);
    bool step_receive_dope(Thread& from, Leg& leg);
    bool step_send_dope(Thread& from, Leg& leg);
    bool step_bytes(Thread& from, Leg& leg);
    bool step_write_back(Thread& from, Leg& leg);
    bool step_skip(Thread& from, Leg& leg);
    // cancel.cc, irq.cc: ending an IPC from outside; interrupts
    void abort_ipc(Thread& t);
    void withdraw_fault(Thread& t);
    void irq(Line line);
    void detach_irq(Thread& t);
    // sys_*.cc: the other calls
    void sys_id_nearest(Thread& t);
    void sys_unmap(Thread& t);
    void run_unmap(Thread& t);
    void sys_thread_switch(Thread& t);
    void sys_thread_schedule(Thread& t);
    l4_threadid_t ipc_partner(const Thread& t) const;
    void set_prio(Thread& t, Prio prio);
    void set_id(l4_threadid_t& field, l4_threadid_t id) const;
    void sys_task_new(Thread& t);
    void run_task_new(Thread& t);
    bool may_own(TaskNo chief, const Task* victim) const;
    void task_new_done(Thread& t, l4_threadid_t id, std::uint32_t eax);
    void task_new_failed(Thread& t, std::uint32_t error);
    struct ExRegs; // sys_ex_regs.cc, ex_regs_state.cc
    void sys_ex_regs(Thread& t);
    bool may_control(const Thread& t, const Thread& target) const;
    void ex_regs_create(Thread& caller, Task& task, const ExRegs& args);
    void ex_regs_existing(Thread& caller, Thread& target, ExRegs args);
    void restart(Thread& target);
    void ex_regs_change(Thread& caller, Thread& target, const ExRegs& args);
    void ex_regs_get(Thread& caller, const Thread& target, const ExRegs& args);
    void ex_regs_set(Thread& caller, Thread& target, const ExRegs& args);
    void ex_regs_fpu(Thread& caller, Thread& target, const ExRegs& args);
    void ex_regs_modes(Thread& target, const ExRegs& args);
    // task_life.cc
    Result<Thread*> create_thread(Task& task, std::uint8_t lthread, Prio prio, std::uint8_t mcp);
    Result<Task*> create_task(TaskNo no, Account& payer, std::uint32_t reserve, Task* chief,
                              std::uint8_t nest);
    Status furnish(Task& task, Account& payer, std::uint32_t reserve);
    Status make_utcbs(Task& task);
    void drop_utcbs(Task& task);
    bool kill_task(Task& top, Task& killer, Steps& threads, Steps& pages);
    static void begin_dying(Task& task);
    bool delete_threads(Task& task, Steps& steps);
    bool delete_thread(Thread& t, Steps& steps);
    bool return_numbers(Task& task, Task& killer, Steps& steps);
    bool free_task(Task& task, Steps& steps);

    arch::Machine& machine_;
    const BootInfo boot_;
    const Limits limits_;
    FramePool frames_;
    Account kernel_account_; ///< owns every frame; sigma0's and root's are reserved from it
    MapDb map_db_;
    TimeoutQueue timeouts_;
    IrqTable irqs_;
    Thread idle_;
    Scheduler scheduler_{idle_};
    TaskTable tasks_{idle_};
    Thread* fpu_owner_ = nullptr;
    std::uint32_t tls_loaded_ = 1; ///< not 0: the machine may have a TLS descriptor; a word, for assembly
    Micros now_{};                 ///< the clock, read once per entry, when the running thread is charged
    Micros armed_ = never;
};

} // namespace kern
