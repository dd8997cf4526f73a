// SPDX-License-Identifier: BSD-2-Clause
// The most frequent messages by a short way: two registers to a thread that waits for them, or with one page;
// an exception or page fault to a pager that waits; an answer to it (docs/semantics.md 7, 9.11, 12.2). What
// is asked first makes sure that ipc.cc, fault.cc and exception.cc would do just this; so nobody can tell but
// by a clock, and a kernel can be built without.
#include "disarm.h"
#include "faults.h"
#include "leg.h"
#include "switch.h"

namespace kern {

namespace {

/// The thread that an id names if it waits for a message from t, which runs.  It is no interrupt, not nil,
/// and not dead.
[[gnu::always_inline]] inline Thread* waiting_for(const TaskTable& tasks, l4_threadid_t id, const Thread& t) {
    Thread* const to = is_invalid(id) ? nullptr : tasks.thread(ThreadId::of(id));
    if (!to || to->task().dying()) return nullptr;
    const Wait& wait = to->wait();
    return wait.what == Wait::For::receive_any || (wait.what == Wait::For::receive && wait.peer == t.id())
               ? to
               : nullptr;
}

/// The running thread waits, and `to` goes on in its place.
inline void replace_running(Scheduler& scheduler, Thread& t, Thread& to) {
    if (to.prio() == t.prio()) return scheduler.run_instead(to);
    scheduler.enqueue_head(to);
    scheduler.unqueue(t);
}

inline void deliver_words(const Thread& from, Thread& to, std::uint32_t w0, std::uint32_t w1) {
    const l4_threadid_t id = from.task().reported(from.lthread());
    to.frame.eax = l4_msgdope(L4_MSG_REGISTER_DWORDS, 0);
    to.frame.edx = w0;
    to.frame.ebx = w1;
    to.frame.esi = id.low;
    to.frame.edi = id.high;
}

} // namespace

/// `to` has its message: the rest of the entry.
[[gnu::always_inline]] inline Thread* Kernel::end_shortcut(Thread& t, Thread& to, Event::Kind event,
                                                           std::uint32_t message) {
    l4_counters_t& counters = machine_.event_counters();
    ++counters.events[static_cast<unsigned>(event)];
    ++counters.messages[message];
    to.wait_.what = Wait::For::nothing;
    if (to.timeout.armed()) disarm(timeouts_, to.timeout, machine_);
    charge(machine_.now(), t, t);
    if (to.prio() >= t.prio()) {
        ++counters.switches;
        return &leave_to(to);
    }
    Thread* const next = scheduler_.highest();
    ensure(next != nullptr, "K1: the receiver of a message is ready, and no thread is");
    if (next != &t) ++counters.switches;
    return &leave_to(*next);
}

/// Does t, when its message is gone, go on, or wait in a way that takes no more than saying so?
[[gnu::always_inline]] inline bool Kernel::waits_simply(const Thread& t) const {
    const arch::Frame& f = t.frame;
    if (f.ebp == L4_IPC_NO_RECV) return true;
    if ((f.ecx & L4_TIMEOUT_RCV_EXP_MASK) != 0) return false;
    return (f.ebp & L4_RCV_OPEN) == 0 || (!t.irq_attached_ && t.senders.empty());
}

/// What t, who waits_simply(), does when its message to `to` is gone: it waits, or goes on.  `to` is ready.
[[gnu::always_inline]] inline void Kernel::sent_by_shortcut(Thread& t, Thread& to) {
    arch::Frame& f = t.frame;
    if (f.ebp == L4_IPC_NO_RECV) {
        f.eax = L4_IPC_OK;
        scheduler_.enqueue_head(to);
    } else {
        if ((f.ebp & L4_RCV_OPEN) == 0) {
            t.wait_.what = Wait::For::receive;
            t.wait_.peer = to.id();
        } else {
            t.wait_.what = Wait::For::receive_any;
        }
        replace_running(scheduler_, t, to);
    }
    t.args_kept_ = false;
}

/// The IPC of the running thread, done.  nullptr: it is not of this sort, and nothing has happened.
Thread* Kernel::ipc_shortcut() {
    Thread& t = current();
    const arch::Frame& f = t.frame;
    if (f.eax != 0) return f.eax == L4_SND_MAP ? map_shortcut() : long_shortcut();
    if (t.alien() || scheduler_.donor()) return nullptr;
    Thread* const to = waiting_for(tasks_, {f.esi, f.edi}, t);
    if (!to || !waits_simply(t)) return nullptr;
    if (to->fault_.any()) return answer_shortcut(t, *to);
    sent_by_shortcut(t, *to);
    if (Ext::utcb && utcb(t).snd_size != 0) [[unlikely]]
        move_state(t, *to, f.edx);
    deliver_words(t, *to, f.edx, f.ebx);
    return end_shortcut(t, *to, Event::Kind::syscall, L4_COUNT_SHORT);
}

/// The same when `to` waits for the answer to a fault or an exception of its program.
Thread* Kernel::answer_shortcut(Thread& t, Thread& to) {
    if (!to.fault_.of_program() || to.fault_.refused_by(t.frame.edx)) return nullptr;
    sent_by_shortcut(t, to);
    answer(t, to);
    return end_shortcut(t, to, Event::Kind::syscall, L4_COUNT_SHORT);
}

/// t's answer, whatever it says but "refused".
inline void Kernel::answer(Thread& t, Thread& to) {
    if constexpr (Ext::utcb) take_state(to, utcb(t), to.fault_.with_state);
    if (to.fault_.kind == Fault::Kind::exception && t.frame.edx == L4_EXC_DEALIEN) to.dealien_ = to.alien_;
    to.fault_ = {};
}

/// A message or an answer with one page, for which nothing is missing, if one entry is enough for the steps
/// of a transfer.
Thread* Kernel::map_shortcut() {
    constexpr std::uint32_t bytes_of_steps = 2048, pages_of_steps = 2;
    Thread& t = current();
    const arch::Frame& f = t.frame;
    if (limits_.bytes < bytes_of_steps || limits_.pages < pages_of_steps || t.alien() || scheduler_.donor())
        return nullptr;
    Thread* const to = waiting_for(tasks_, {f.esi, f.edi}, t);
    if (!to || !waits_simply(t)) return nullptr;
    const Fault& fault = to->fault_;
    const bool answers = fault.any();
    if (answers &&
        (!fault.of_program() || fault.refused_by(f.edx) || (Ext::map_list && utcb(t).map_count != 0)))
        return nullptr;
    const IpcArgs receive = to->ipc_args();
    const std::uint32_t window = answers ? fault.window : receive.window;
    if (!map_db_.map_page(t.task().space(), to->task().space(), f.ebx, f.edx, window)) return nullptr;
    sent_by_shortcut(t, *to);
    if (answers) {
        answer(t, *to);
    } else {
        move_state(t, *to, f.edx);
        deliver_words(t, *to, f.edx, f.ebx);
        to->frame.eax |= L4_MSGDOPE_FPAGE_RECEIVED;
    }
    return end_shortcut(t, *to, Event::Kind::syscall, L4_COUNT_LONG);
}

/// An fpage_unmap of one page that ends in this entry.  The running thread, which the scheduler picked, goes
/// on.
Thread* Kernel::unmap_shortcut() {
    Thread& t = current();
    if (t.alien() || scheduler_.donor()) return nullptr;
    const auto status =
        map_db_.flush_page(t.task().space(), t.frame.eax, t.frame.ecx, at_once(limits_.pages));
    if (!status) return nullptr;
    ++machine_.event_counters().events[static_cast<unsigned>(Event::Kind::syscall)];
    t.frame.eax = *status;
    charge(machine_.now(), t, t);
    if ((t.has_time_limit_ && t.time_limit() <= now_) || t.has_iopl_) [[unlikely]]
        prepare(t);
    arm_timer();
    return &t;
}

/// A message with a buffer that is moved at once.
Thread* Kernel::long_shortcut() {
    Thread& t = current();
    const arch::Frame& f = t.frame;
    if (t.alien() || scheduler_.donor()) return nullptr;
    Thread* const to = waiting_for(tasks_, {f.esi, f.edi}, t);
    if (!to || to->fault_.any() || !waits_simply(t)) return nullptr;
    const std::uint32_t moved = move_at_once(t, *to);
    if (moved == 0) return nullptr;
    sent_by_shortcut(t, *to);
    if (Ext::utcb && utcb(t).snd_size != 0) move_state(t, *to, f.edx);
    deliver_words(t, *to, f.edx, f.ebx);
    to->frame.eax = moved;
    return end_shortcut(t, *to, Event::Kind::syscall, L4_COUNT_LONG);
}

/// The message of a fault or an exception of the running thread's program.
Thread* Kernel::fault_shortcut(const Event& e) {
    Thread& t = current();
    if (t.task_no() == TaskNo{L4_TASK_SIGMA0} || scheduler_.donor()) return nullptr;
    if (e.kind == Event::Kind::exception && reflected(e.code, e.addr.raw())) return &t;
    Thread* const pager = waiting_for(tasks_, t.pager_, t);
    if (!pager || pager->fault_.any()) return nullptr;
    const std::uint32_t status = Ext::utcb ? utcb(*pager).status : 0;
    if (e.kind == Event::Kind::exception) {
        if (!takes_exceptions(status, t, e.code)) return nullptr;
        t.fault_ = exception_of(t, e.code, e.addr.raw());
    } else {
        if (t.alien()) return nullptr;
        t.fault_ =
            page_fault_of(t, e.addr, e.code, Ext::page_fault_state && (status & L4_UTCB_PF_STATE) != 0);
    }
    if (t.fault_.with_state) {
        l4_utcb_t& target = utcb(*pager);
        t.read_state(target.state, state_words(target.rcv_size));
    }
    deliver_words(t, *pager, t.fault_.w0, t.fault_.w1);
    t.wait_.what = Wait::For::receive;
    t.wait_.peer = pager->id();
    replace_running(scheduler_, t, *pager);
    return end_shortcut(t, *pager, e.kind, static_cast<std::uint32_t>(t.fault_.kind));
}

/// An exception of the running thread by reflection, whose gate and stack are there, each within a page:
/// exception.cc.  False: it is not of this sort, and nothing has happened.
bool Kernel::reflect_shortcut(std::uint32_t vector, std::uint32_t code) {
    Thread& t = current();
    const std::uint32_t gate_at = vector * 8, from = t.idt_base_ + gate_at;
    const std::uint32_t size = ia32::has_error_code(vector) ? 16 : 12, top = t.frame.esp - size;
    if (!Ext::shortcut || !Ext::reflection || gate_at + 7 > t.idt_limit_ || vector == L4_TRAP_PAGE_FAULT ||
        t.task_no() == TaskNo{L4_TASK_SIGMA0} || scheduler_.donor() || t.has_time_limit_ || t.has_iopl_ ||
        to_page_end(from) < 8 || to_page_end(top) < size)
        return false;
    const Thread* const pager = find(ThreadId::of(t.pager_)); // who may be dead: the long way knows
    if (Ext::utcb && pager && takes_exceptions(utcb(*pager).status, t, vector)) return false;
    const Space& space = t.task().space();
    std::uint32_t gate[2];
    const std::byte* const read = map_db_.reach(space, VAddr{from}, Access::read);
    if (!read) return false;
    std::memcpy(gate, read, sizeof gate);
    const std::uint32_t handler = (gate[0] & 0xffff) | (gate[1] & 0xffff0000);
    std::byte* const stack = handler != 0 ? map_db_.reach(space, VAddr{top}, Access::write) : nullptr;
    if (!stack) return false;
    const std::uint32_t words[] = {t.frame.eip, t.frame.cs, t.frame.eflags};
    std::memcpy(stack + size - sizeof words, words, sizeof words);
    if (size != sizeof words) std::memcpy(stack, &code, sizeof code);
    t.frame.esp = top;
    t.frame.eip = handler;
    t.frame.eflags &= ~ia32::eflags_trap;
    ++machine_.event_counters().events[static_cast<unsigned>(Event::Kind::exception)];
    charge(machine_.now(), t, t);
    if (t.remaining_ == Micros{0}) arm_timer(); // else the slice ends when it did
    return true;
}

} // namespace kern
