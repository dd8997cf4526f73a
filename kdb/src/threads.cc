// SPDX-License-Identifier: BSD-2-Clause
// Threads: what they wait for, one control block, who is ready, who is woken up when.
#include "commands.h"

namespace kdb {
namespace {

using kern::Fault;
using kern::Op;
using kern::Wait;

const char* name_of(Op op) {
    switch (op) {
        case Op::transfer: return "a message";
        case Op::receive_phase: return "its receive phase";
        case Op::unmap: return "fpage_unmap";
        case Op::task_new: return "task_new";
        case Op::text: return "a text";
        case Op::none: break;
    }
    return "what is deferred";
}

void put_fault(Output& out, const Fault& f) {
    switch (f.kind) {
        case Fault::Kind::none: return;
        case Fault::Kind::user: out << "fault " << Hex{f.trapno} << " at " << Hex{f.pfa}; break;
        case Fault::Kind::exception: out << "exception " << Hex{f.trapno}; break;
        case Fault::Kind::transfer: out << "page " << Hex{f.w0 & ~3u} << " of a message"; break;
    }
    out << ": ";
}

void put_wait(Output& out, const kern::Thread& t) {
    const Wait& w = t.wait();
    switch (w.what) {
        case Wait::For::nothing:
            if (t.in_kernel())
                out << "in the kernel: " << name_of(t.op());
            else
                out << "ready";
            return;
        case Wait::For::send: out << "sends to " << w.with->id(); return;
        case Wait::For::receive: out << "receives from " << w.peer; return;
        case Wait::For::receive_any: out << "receives from any"; return;
        case Wait::For::interrupt: out << "receives irq " << Hex{t.irq_line().raw()}; return;
        case Wait::For::sleep: out << "sleeps"; return;
        case Wait::For::transfer: out << "gets a message of " << w.with->id(); return;
        case Wait::For::fault_of: out << "sends; page fault of " << w.with->id(); return;
        case Wait::For::stopped: out << "stopped"; return;
        case Wait::For::dead: out << "dead"; return;
    }
}

void put_line(const View& view, Output& out, const kern::Thread& t) {
    out << (&t == &view.kernel.current() ? '>' : ' ') << t.id() << Column{8} << Dec{t.prio().raw()}
        << Column{13};
    put_state(out, t);
    out << Column{46} << t.timeout.deadline << Column{60} << t.consumed() << Column{73} << Hex{t.frame.eip, 8}
        << '\n';
}

void put_registers(Output& out, const arch::Frame& f) {
    out << "  eip " << Hex{f.eip, 8} << " eflags " << Hex{f.eflags, 8} << " esp " << Hex{f.esp, 8} << " gs "
        << Hex{f.gs, 4} << " fs " << Hex{f.fs, 4} << "\n  eax " << Hex{f.eax, 8} << " ebx " << Hex{f.ebx, 8}
        << " ecx " << Hex{f.ecx, 8} << " edx " << Hex{f.edx, 8} << "\n  esi " << Hex{f.esi, 8} << " edi "
        << Hex{f.edi, 8} << " ebp " << Hex{f.ebp, 8} << "\n  trap " << Hex{f.trapno} << " error "
        << Hex{f.err} << " cr2 " << Hex{f.cr2, 8} << '\n';
}

void put_flags(Output& out, const kern::Thread& t) {
    if (t.alien()) out << "  alien" << (t.dealien() ? ", its next call is executed" : "");
    if (t.reflection() != 0) out << "  exception " << Hex{t.reflection()} << " to be reflected";
    if (t.triggered()) out << "  to raise an exception";
    if (t.stop()) out << "  to stop";
    if (t.time_limit() != kern::never) out << "  time limit " << t.time_limit();
    if (t.holds_irq()) out << "  holds irq " << Hex{t.irq_line().raw()};
    if (t.idt_limit() != 0) out << "  idt " << Hex{t.idt_base(), 8} << '/' << Hex{t.idt_limit()};
}

void put_transfer(Output& out, const kern::Transfer& x) {
    if (!x.to) return;
    out << "  message to " << x.to->id() << ", step " << Dec{static_cast<unsigned>(x.step)} << ", word "
        << Dec{x.next_word} << " of " << Dec{x.words} << '\n';
}

} // namespace

void put_state(Output& out, const kern::Thread& t) {
    if (!t.ready()) put_fault(out, t.fault());
    put_wait(out, t);
}

void threads(const View& view, Output& out, Words& words) {
    const auto only = words.task();
    if (!words.empty() || (only && !find_task(view, out, *only))) return;
    out << " thread prio state" << Column{46} << "until" << Column{60} << "used" << Column{73} << "eip\n";
    for_tasks(view.kernel, [&](const kern::Task& task) {
        if (only && task.no().raw() != *only) return;
        task.present().for_each([&](const kern::Thread& t) { put_line(view, out, t); });
    });
}

void thread(const View& view, Output& out, Words& words) {
    const auto id = words.thread();
    if (id && !words.empty()) return;
    const kern::Thread* const t = id ? view.kernel.find(*id) : nullptr;
    if (!t) {
        out << (id ? "there is no such thread\n" : "which? TASK.THREAD\n");
        return;
    }
    out << "thread " << t->id() << ", at " << Hex{view.machine.address(t).raw(), 8} << ": ";
    put_state(out, *t);
    if (t->timeout.armed()) out << " until " << t->timeout.deadline;
    out << "\n  prio " << Dec{t->prio().raw()} << " mcp " << Dec{t->mcp()} << "  slice " << t->slice()
        << " left " << t->remaining() << " used " << t->consumed() << "\n  pager " << t->pager()
        << "  preempters " << t->internal_preempter() << ' ' << t->external_preempter()
        << (view.kernel.fpu_owner() == t ? "  owns the FPU" : "");
    put_flags(out, *t);
    out << '\n';
    put_registers(out, t->frame);
    put_transfer(out, t->transfer());
    if (t->senders.empty()) return;
    out << "  senders";
    t->senders.for_each([&](const kern::Thread& s) { out << ' ' << s.id(); });
    out << '\n';
}

void ready(const View& view, Output& out, Words&) {
    const kern::Scheduler& s = view.kernel.scheduler();
    for (unsigned prio = L4_PRIOS; prio-- != 0;) {
        bool first = true;
        s.for_each(kern::Prio{static_cast<std::uint8_t>(prio)}, [&](const kern::Thread& t) {
            if (first) out << "  prio " << Dec{prio} << Column{12};
            first = false;
            out << ' ' << t.id() << (&t == &view.kernel.current() ? "*" : "");
        });
        if (!first) out << '\n';
    }
    if (s.donor()) out << "  " << s.donor()->id() << " donates to " << s.donee()->id() << '\n';
    if (view.kernel.current().idle()) out << "  nobody runs\n";
}

/// The heap has no order but from its root down: each time, the least that comes behind the last one.
void timeouts(const View& view, Output& out, Words&) {
    out << "  now " << view.kernel.now() << ", timer set for " << view.kernel.armed_timer() << '\n';
    const auto before = [](const kern::Timeout& a, const kern::Timeout& b) {
        return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
    };
    const kern::Timeout* last = nullptr;
    for (unsigned shown = 0; shown < 64; ++shown) {
        const kern::Timeout* next = nullptr;
        for_tasks(view.kernel, [&](const kern::Task& task) {
            task.present().for_each([&](const kern::Thread& t) {
                if (!t.timeout.armed() || (last && !before(*last, t.timeout))) return;
                if (!next || before(t.timeout, *next)) next = &t.timeout;
            });
        });
        if (!next) return;
        if (!last && next != view.kernel.timeouts().first()) out << "  the queue begins with another one!\n";
        out << "  " << next->deadline << Column{16} << next->owner->id() << Column{24};
        put_state(out, *next->owner);
        out << '\n';
        last = next;
    }
    out << "  and more\n";
}

void irqs(const View& view, Output& out, Words&) {
    for (unsigned l = 0; l < L4_IRQS; ++l) {
        const kern::Line line{static_cast<std::uint8_t>(l)};
        const kern::IrqTable::Entry& e = view.kernel.irqs()[line];
        if (!e.owner) continue;
        out << "  irq " << Hex{l} << Column{10} << e.owner->id() << (e.pending ? "  pending" : "") << '\n';
    }
}

} // namespace kdb
