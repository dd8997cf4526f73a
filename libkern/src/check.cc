// SPDX-License-Identifier: BSD-2-Clause
// The invariants of threads, tasks and waits: docs/invariants.md, K.  Walks all there is; every test,
// and the image that is not a release, calls it after events.
#include "kern/kernel.h"

namespace kern {
namespace {

bool is(const Thread& t, Wait::For what) { return t.wait().what == what; }

/// s is in t's queue.
void check_sender(const Thread& s, const Thread& t) {
    ensure(s.wait().with == &t && is(s, Wait::For::send),
           "K3: a sender queue has a thread that does not send to its owner");
    ensure(!t.accepts(s), "K13: a sender waits although its receiver accepts it");
}

bool in_list(const Thread& sender, const Thread& receiver) {
    bool found = false;
    receiver.senders.for_each([&](const Thread& s) { found |= &s == &sender; });
    return found;
}

/// K3, K4, K5, K6: a thread is on the queues that its wait says, and on no other.
void check_wait(const Thread& t, const Scheduler& scheduler) {
    ensure(t.ready() == scheduler.queued(t), "K3: a ready thread is in no ready queue, or a waiting one is");
    ensure(is(t, Wait::For::send) == t.sender_link.linked(),
           "K3: a thread waits to send without being queued, or the reverse");
    if (is(t, Wait::For::send))
        ensure(in_list(t, *t.wait().with), "K3: a thread is queued at another than it sends to");
    ensure(t.op() == Op::none || t.ready(), "K5: kernel work pending in a thread that is not ready");
    if (t.timeout.armed())
        ensure(is(t, Wait::For::send) || is(t, Wait::For::receive) || is(t, Wait::For::receive_any) ||
                   is(t, Wait::For::interrupt) || is(t, Wait::For::sleep),
               "K6: a timeout is armed for a thread that waits for no message");
}

/// K4: both sides of a transfer know of each other.
void check_transfer(const Thread& t) {
    if (const Thread* const to = t.transfer().to) {
        const bool moving = t.op() == Op::transfer && is(*to, Wait::For::transfer) && to->wait().with == &t;
        const bool own_fault = t.fault().kind == Fault::Kind::transfer && t.fault().driver == &t &&
                               is(*to, Wait::For::transfer) && to->wait().with == &t;
        const bool its_fault = is(t, Wait::For::fault_of) && t.wait().with == to &&
                               to->fault().kind == Fault::Kind::transfer && to->fault().driver == &t;
        ensure(moving || own_fault || its_fault, "K4: a transfer whose two sides do not wait for each other");
    }
    ensure((t.op() == Op::transfer) <= (t.transfer().to != nullptr),
           "K4: a thread is to drive a transfer that it does not have");
    if (is(t, Wait::For::transfer))
        ensure(t.wait().with->transfer().to == &t, "K4: a thread waits for a transfer that is to another");
    if (is(t, Wait::For::fault_of))
        ensure(t.transfer().to == t.wait().with,
               "K4: a thread waits for a page of another than its receiver");
}

/// K21: what a call keeps while it is under way ends with it.
template <class Job, class Jobs>
void check_job(const Jobs& job, bool under_way, bool always) {
    const bool held = std::holds_alternative<Job>(job);
    ensure(held <= under_way, "K21: a thread keeps the job of a call that it no longer makes");
    ensure(!always || under_way <= held, "K21: a call under way has lost its job");
}

/// K10: a thread with a fault or an exception is in the midst of telling its pager, and of nothing else.
void check_fault(const Thread& t) {
    if (!t.fault().any()) return;
    const bool told =
        t.op() == Op::receive_phase; // the pager knows; the wait for its answer begins when t runs
    ensure(is(t, Wait::For::send) || is(t, Wait::For::receive) || is(t, Wait::For::transfer) || told,
           "K10: a fault that nobody is told of");
    ensure(t.op() == Op::none || told, "K10: a faulting thread has other kernel work pending");
    if (t.fault().kind == Fault::Kind::transfer)
        ensure(t.fault().driver == &t ? t.transfer().to != nullptr : t.fault().driver->transfer().to == &t,
               "K10: a fault of a transfer that does not exist");
}

/// K15, K16, K17: what the extensions keep in a thread.
void check_extensions(const Thread& t) {
    ensure(!is(t, Wait::For::stopped) || (!t.stop() && !t.fault().any() && t.transfer().to == nullptr),
           "K15: a stopped thread is to be stopped, or is in the midst of a message");
    ensure(t.alien() || (!t.dealien() && t.after_call() == 0),
           "K16: a thread that is not alien has an alien's call to do or behind it");
    for (const std::uint64_t descriptor : t.tls())
        ensure(descriptor == 0 || ((descriptor >> 32 & 0x0020f800) == 0xf000 && t.has_tls()),
               "K17: a TLS descriptor that is no data segment of users, or that nobody knows of");
    ensure(t.has_time_limit() == (t.time_limit() != never), "K18: a time limit that nobody knows of");
}

/// K8: thread 0 first; every thread of the table once.
void check_present(const Task& task) {
    std::uint32_t listed = 0, in_table = 0;
    task.present().for_each([&](const Thread& t) {
        ensure(listed != 0 || t.lthread() == 0 || task.thread(0) == nullptr,
               "K8: another thread before thread 0 in the present list");
        ensure(task.thread(t.lthread()) == &t && &t.task() == &task,
               "K8: the present list has a thread of another task");
        ++listed;
    });
    for (std::uint32_t n = 0; n < L4_THREADS_PER_TASK; ++n)
        in_table += task.thread(static_cast<std::uint8_t>(n)) != nullptr;
    ensure(listed == in_table, "K8: a thread is missing in the present list");
}

/// K22.  Every number has one chief: when all counts add up, and those that are not 0 are right, all are.
void check_owned(const TaskTable& tasks) {
    std::uint32_t all = 0;
    for (std::uint16_t owner = 0; owner < L4_TASKS; ++owner) {
        const std::uint32_t owned = tasks.owned(TaskNo{owner});
        if (owned == 0) continue;
        std::uint32_t found = 0;
        for (std::uint16_t n = 0; n < L4_TASKS; ++n) found += tasks.chief(TaskNo{n}) == TaskNo{owner};
        ensure(owned == found, "K22: a task owns more numbers or fewer than are counted");
        all += owned;
    }
    ensure(all == L4_TASKS, "K22: a task owns numbers that are not counted");
}

} // namespace

void Kernel::check_invariants() {
    scheduler_.check();
    timeouts_.check();
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) check_number(TaskNo{n});
    check_owned(tasks_);
    check_accounts();
    map_db_.check();
    for (std::uint8_t l = 0; l < L4_IRQS; ++l)
        if (const Thread* const owner = irqs_[Line{l}].owner)
            ensure(owner->irq_attached_ && owner->irq_line_ == Line{l},
                   "K9: an interrupt's owner does not know of it");
    check_choice();
}

void Kernel::check_current() const {
    check_choice();
    if (current().idle()) return;
    check_thread(current());
    if (const Thread* const first = current().senders.front()) check_sender(*first, current());
    const Account& account = current().task().account();
    ensure(account.used() <= account.limit(), "K11: an account is overdrawn");
}

/// K12
void Kernel::check_choice() const {
    const Thread* const plain = scheduler_.highest();
    ensure(plain ? &current() == plain || (scheduler_.donor() == plain && scheduler_.donee() == &current())
                 : &current() == &idle_,
           "K12: the running thread is not the one that the ready queues name");
    if (plain) check_running(current());
}

/// Every account but the kernel's was carved out of another, which counts that as used.
void Kernel::check_accounts() const {
    ensure(kernel_account_.used() <= kernel_account_.limit(), "K11: more kernel memory in use than there is");
    std::uint32_t promised = kernel_account_.free();
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) {
        const Task* const task = tasks_.task(TaskNo{n});
        if (!task) continue;
        const Account& account = task->account();
        ensure(account.used() <= account.limit(), "K11: an account is overdrawn");
        if (!task->chief() || &account != &task->chief()->account()) promised += account.free();
    }
    ensure(promised <= frames_.size() - frames_.used(), "K11: accounts may spend more than there is");
}

/// K14: threads find their UTCBs in the frames that the kernel uses for them.
void Kernel::check_utcbs(const Task& task) const {
    if (!Ext::utcb || task.dying_) return; // its space is being cleared
    for (std::uint32_t i = 0; i < Task::utcb_pages; ++i) {
        const auto page = map_db_.page(task.space_, VAddr{L4_UTCB_AREA + i * ia32::page_size});
        ensure(page && page->frame == task.utcb_frames_[i] && page->writable,
               "K14: the UTCB area of a task is not where it should be");
    }
}

/// K18, K19, K20: the running thread may run.
void Kernel::check_running(const Thread& t) const {
    ensure(t.op_ != Op::none || t.time_limit_ > now_, "K18: a thread runs beyond its time limit");
    ensure(t.has_iopl_ == ((t.frame.eflags & ia32::eflags_iopl) != 0),
           "K19: a thread is not known to have the privilege for I/O, or wrongly");
    ensure(t.op_ != Op::none || !t.has_iopl_ || map_db_.holds_all_ports(t.task().space()),
           "K19: a thread may use ports that its task does not hold");
    ensure(fpu_owner_ == &t, "K20: the running thread's floating-point registers are not loaded");
}

/// K7 and everything about the threads behind one task number.
void Kernel::check_number(TaskNo no) const {
    const Task* const task = tasks_.task(no);
    if (!task) return;
    ensure(task->no() == no, "K7: a task under another's number");
    if (const Task* const chief = task->chief())
        ensure(tasks_.chief(no) == chief->no() && tasks_.task(chief->no()) == chief,
               "K7: a task and its number have different chiefs");
    check_present(*task);
    check_utcbs(*task);
    ensure(task->reported(0).high == report({no, 0}).high, "K23: a task whose threads' ids have changed");
    task->present().for_each([&](const Thread& t) {
        ensure(!Ext::utcb || frames_.at<l4_utcb_t>(t.utcb_) == &utcb(t), "K14: a thread with another's UTCB");
        check_thread(t);
        t.senders.for_each([&](const Thread& s) { check_sender(s, t); });
    });
}

/// What a thread waits for, and with whom.
void Kernel::check_thread(const Thread& t) const {
    check_wait(t, scheduler_);
    check_transfer(t);
    check_fault(t);
    check_extensions(t);
    check_job<MapJob>(t.job_, t.transfer_.to != nullptr, false); // most transfers map nothing
    check_job<UnmapJob>(t.job_, t.op_ == Op::unmap, true);
    check_job<TaskNewArgs>(t.job_, t.op_ == Op::task_new, true);
    check_job<TextJob>(t.job_, t.op_ == Op::text, true);
    ensure(!t.irq_attached_ || irqs_[t.irq_line_].owner == &t,
           "K9: a thread believes it has an interrupt that another owns");
    ensure(!t.irq_attached_ || !irqs_[t.irq_line_].pending || t.fault_.any() ||
               (!is(t, Wait::For::interrupt) && !is(t, Wait::For::receive_any)),
           "K13: an interrupt is pending although its owner waits for it");
}

} // namespace kern
