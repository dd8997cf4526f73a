// SPDX-License-Identifier: BSD-2-Clause
// Interrupts, and what happens between an event and the return to user mode.
#include <bit>

#include "x86/debugger.h"
#include "x86/entry.h"
#include "x86/go_on.h"
#include "x86/kdebug.h"
#include "x86/kernel.h"

namespace x86 {
namespace {

enum class Wait : bool { a_moment, halted };

/// Lets interrupts in.  Nobody halts while one that came is to be taken.
template <Wait how>
void open_window() {
    if constexpr (how == Wait::halted) {
        if (running.arrived == 0) asm volatile("sti\n\thlt\n\tcli" ::: "memory");
    } else {
        asm volatile("sti\n\tnop\n\tcli" ::: "memory");
    }
}

constexpr std::uint32_t interrupts_on = 1u << 9; ///< of EFLAGS

/// In running.arrived, a bit for each: the lines, and behind them the local APIC's timer.
constexpr std::uint32_t apic_timer_bit = Pic::lines;
std::uint32_t vector_of(std::uint32_t bit) {
    return bit == apic_timer_bit ? Timer::apic_vector : Pic::first_vector + bit;
}
/// Spurious ones of the local APIC want nothing.
void note(std::uint32_t vector) {
    const std::uint32_t bit = vector == Timer::apic_vector ? apic_timer_bit : vector - Pic::first_vector;
    if (bit <= apic_timer_bit) running.arrived = running.arrived | 1u << bit;
}

kern::Thread* device(std::uint32_t line) { return handle({.kind = kern::Event::Kind::irq, .code = line}); }

kern::Thread* timer(kern::Thread* t) {
    Timer& timer = machine.timer();
    timer.fired();
    if (!timer.uses_apic()) machine.pic().acknowledge(kern::Line{Pic::timer_line});
    if (!timer.due()) {
        timer.rearm();
        return t;
    }
    timer.expire();
    return handle({.kind = kern::Event::Kind::timer});
}

/// The debugger hears the line and goes on with who was interrupted.
kern::Thread* serial(kern::Thread* t) {
    using Received = Console::Received;
    machine.pic().acknowledge(Console::line);
    bool escaped = false;
    for (Received r = machine.console().received(); r != Received::nothing;
         r = machine.console().received()) {
        escaped |= r == Received::escape;
        machine.rest(); // lets one come: who sends fast could go on for ever
    }
    if (escaped) debugger.enter("escape on the serial line");
    return t;
}

} // namespace

kern::Thread* take_interrupt(kern::Thread* t, std::uint32_t vector) {
    if (vector == Timer::apic_vector) return timer(t);
    const std::uint32_t line = vector - Pic::first_vector;
    if (line >= Pic::lines || machine.pic().spurious(kern::Line{static_cast<std::uint8_t>(line)})) return t;
    if (line == Pic::timer_line) return timer(t);
    if (line == Console::line.raw() && machine.console().listens()) return serial(t);
    return device(line);
}

/// Who watches takes no time from what is watched: interrupts may come behind that, unless a program has shut
/// them out.
kern::Thread* handle_watched(const kern::Event& event) {
    const kern::Thread& current = running.kernel->current();
    const bool open = current.idle() || (current.frame.eflags & interrupts_on) != 0;
    const auto rest = [open] {
        if (open) machine.rest();
    };
    if (debugger.traced()) debugger.before(event, current);
    kern::Thread& next = running.kernel->handle(event);
    rest();
    if (debugger.traced()) debugger.after(next, running.kernel->now());
    if (running.checks) running.kernel->check_current();
    rest();
    return &next;
}

kern::Thread* wait_for_user(kern::Thread* t) {
    do {
        const bool idle = t->idle();
        if (idle && running.crash) asm volatile("ud2");
        if (idle) machine.rest(); // lets one come: the last thread may have taken long to stop
        const bool rests = idle && !machine.text().put_next(machine.console());
        rests ? open_window<Wait::halted>() : open_window<Wait::a_moment>();
        const std::uint32_t came = running.arrived;
        running.arrived = 0;
        if (came == 0 && !idle) t = handle({.kind = kern::Event::Kind::resume});
        for (std::uint32_t rest = came; rest != 0; rest &= rest - 1) {
            if (rest != came) open_window<Wait::a_moment>(); // others are noted meanwhile, for the next round
            t = take_interrupt(t, vector_of(static_cast<std::uint32_t>(std::countr_zero(rest))));
        }
    } while (t->idle() || t->in_kernel() || running.arrived != 0);
    return t;
}

namespace {

/// Only an interrupt in a window is expected.  It is the only one of that window: interrupts are off behind
/// it.
void interrupted(arch::Frame* frame) {
    constexpr std::uint32_t debug = 1, double_fault = 8;
    const bool interrupt = frame->trapno >= Pic::first_vector;
    if (interrupt && (frame->eflags & interrupts_on) != 0) {
        note(frame->trapno);
        frame->eflags &= ~interrupts_on;
    } else if (frame->trapno == debug && (frame->eflags & ia32::eflags_trap) != 0) {
        frame->eflags &= ~ia32::eflags_trap; // a program that was single stepped has entered by sysenter
    } else {
        panic(frame->trapno == double_fault ? "double fault" : "an exception in the kernel", frame);
    }
}

} // namespace
} // namespace x86

/// Who watches the kernel sees each bounded piece of work as an event of its own.
bool arch::Machine::interrupted() {
    x86::open_window<x86::Wait::a_moment>();
    return x86::running.arrived != 0 || x86::running.watched;
}

void arch::Machine::rest() { x86::open_window<x86::Wait::a_moment>(); }

/// To who watches the kernel a text is one piece.  Interrupts may come behind each character, which may
/// scroll the screen.
bool arch::Machine::print(kern::TextJob& job) {
    bool more = false;
    do {
        more = x86::print(*this, job);
        rest();
    } while (more && x86::running.watched);
    return more;
}

void trap_from_kernel(arch::Frame* frame) { x86::interrupted(frame); }

void trap_nmi(const x86::Interrupted* interrupted) {
    x86::Console& console = x86::machine.console();
    console.put("drops: non-maskable interrupt at ");
    console.hex(interrupted->eip);
    console.put("\n");
}
