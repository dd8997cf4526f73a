// SPDX-License-Identifier: BSD-2-Clause
#include "hal-x86/replay/player.h"

#include "l4/abi/exception.h"
#include "l4/abi/limits.h"
#include "x86/kernel.h"
#include "x86/local_apic.h"

namespace replay {
namespace {

using kern::Event;
using kern::VAddr;

constexpr unsigned most_resumes = 100000, most_to_settle = 30000; ///< as the simulator's (lockstep)
constexpr std::uint32_t stepwise = 1;                             ///< test::Mode
constexpr std::uint32_t resume_flag = 1u << 16; ///< that faults set in EFLAGS on some machines

void send_to_self(std::uint32_t vector) {
    constexpr std::uint32_t command = x86::local_apic_base + 0x300, self = 1u << 18, assert = 1u << 14;
    *x86::at_address<volatile std::uint32_t>(command) = self | assert | vector;
}

} // namespace

arch::Frame* Player::go_on() {
    for (;;) {
        if (over_) next_step();
        if (arch::Frame* const frame = act()) return frame;
    }
}

/// One event of the step under way.
arch::Frame* Player::act() {
    const bool first = !acted_;
    acted_ = true;
    switch (static_cast<Kind>(step_.kind)) {
        case Kind::irq: {
            if (first) latched_ |= 1u << step_.code;
            const int line = deliverable();
            if (line < 0) break;
            latched_ &= ~(1u << line);
            return interrupt(x86::Pic::first_vector + static_cast<std::uint32_t>(line));
        }
        case Kind::timer:
            if (!first || !x86::machine.timer().due()) break;
            x86::machine.timer().expire();
            return interrupt(x86::Timer::apic_vector);
        case Kind::pass:
            x86::machine.timer().start_at(x86::machine.now() + kern::Micros{number(step_.time)});
            break;
        case Kind::resume:
            if (in_kernel()) tell({.kind = Event::Kind::resume});
            break;
        case Kind::fail: fail_at_ = step_.code; break;
        default: return execute();
    }
    step_over();
    return nullptr;
}

arch::Frame* Player::execute() {
    for (unsigned most = most_resumes; in_kernel() && most != 0; --most) tell({.kind = Event::Kind::resume});
    if (idle() || in_kernel()) {
        step_over();
        return nullptr;
    }
    arch::Frame& f = current_->frame;
    const Kind kind = static_cast<Kind>(step_.kind);
    if (kind == Kind::call || kind == Kind::emulate) {
        f.eax = step_.regs[0], f.ebx = step_.regs[1], f.ecx = step_.regs[2], f.edx = step_.regs[3];
        f.esi = step_.regs[4], f.edi = step_.regs[5], f.ebp = step_.regs[6];
    }
    saved_ = f;
    program_ = compose(step_, std::span<std::byte, 4096>(page_, 4096), L4_SYSCALL_PAGE, f);
    if (!program_.real) {
        if (!set_by_hand(f)) tell_by_hand();
        step_over();
        return nullptr;
    }
    f.eip = L4_SYSCALL_PAGE;
    return leave();
}

arch::Frame* Player::leave() {
    loaded_ = current_->frame;
    ++in_user_mode_;
    x86::machine.set_entry_stack(current_->frame);
    return &current_->frame;
}

/// What a program changes by jumps and stacks that traces do not have.
bool Player::set_by_hand(arch::Frame& f) const {
    if (static_cast<Kind>(step_.kind) != Kind::set) return false;
    constexpr std::uint32_t own = ia32::eflags_of_user;
    if (step_.code == Register::eflags) f.eflags = (f.eflags & ~own) | (step_.value & own);
    if (step_.code == Register::eip) f.eip = step_.value;
    return true;
}

void Player::tell_by_hand() {
    const bool call = static_cast<Kind>(step_.kind) == Kind::call;
    tell({.kind = call ? Event::Kind::syscall : Event::Kind::exception,
          .code = step_.code,
          .addr = VAddr{call ? 0 : step_.address}});
}

void Player::tell(const Event& event) {
    kern::Kernel& kernel = *x86::running.kernel;
    kern::FramePool& pool = kernel.tasks().task(kern::TaskNo{L4_TASK_ROOT})->account().pool();
    pool.fail_at(fail_at_);
    piece_begun_ = piece_time();
    current_ = &kernel.handle(event);
    piece_ends();
    piece_begun_ = 0;
    pool.fail_at(0);
    fail_at_ = 0;
    ++events_;
    kernel.check_current();
}

/// From the last moment at which the PC's kernel lets interrupts in to this one, on the way in or out.
void Player::piece_ends() {
    if (piece_begun_ == 0) return;
    const std::uint64_t now = piece_time();
    const auto ticks = static_cast<std::uint32_t>(now - piece_begun_);
    if (ticks > longest_.ticks) longest_ = {ticks, trace_, step_number_};
    piece_begun_ = now;
}

/// Without a device: the local APIC sends it.
arch::Frame* Player::interrupt(std::uint32_t vector) {
    awaited_ = vector;
    send_to_self(vector);
    const bool closed = idle() || in_kernel() || (current_->frame.eflags & ia32::eflags_interrupts) == 0;
    if (!closed) {
        saved_ = current_->frame;
        return leave();
    }
    const std::uint32_t arrived = open_window();
    if (arrived != vector) differ("the interrupt in a window", vector, arrived);
    take(vector);
    return nullptr;
}

void Player::take(std::uint32_t vector) {
    awaited_ = 0;
    x86::LocalApic::end_of_interrupt();
    if (vector == x86::Timer::apic_vector)
        tell({.kind = Event::Kind::timer});
    else
        tell({.kind = Event::Kind::irq, .code = vector - x86::Pic::first_vector});
}

kern::Thread* Player::interrupted(std::uint32_t vector) {
    if (vector != awaited_) differ("an interrupt", awaited_, vector);
    arch::Frame& f = current_->frame;
    if (f.eip != saved_.eip) differ("EIP when interrupted", saved_.eip, f.eip);
    check_frame(f, 0, false);
    take(vector);
    return current_;
}

/// The first line that is latched and, says the interrupt controller, not masked.
int Player::deliverable() const {
    constexpr std::uint16_t master_mask = 0x21, slave_mask = 0xa1;
    const std::uint32_t masked = x86::in8(master_mask) | static_cast<std::uint32_t>(x86::in8(slave_mask))
                                                             << 8;
    for (std::uint8_t line = 0; line < x86::Pic::lines; ++line)
        if (x86::Pic::offers(kern::Line{line}) && ((latched_ & ~masked) >> line & 1) != 0) return line;
    return -1;
}

kern::Thread* Player::trapped(const Event& event) {
    if (awaited_ != 0)
        differ("instead of the interrupt, the event", awaited_, static_cast<std::uint32_t>(event.kind));
    arch::Frame& f = current_->frame;
    const arch::Frame now = f;
    f = saved_;
    const bool exception = event.kind == Event::Kind::exception;
    const bool breakpoint = exception && event.code == L4_TRAP_BREAKPOINT && now.eip == program_.end + 1;
    const bool single_step = exception && event.code == L4_TRAP_DEBUG && now.eip == program_.end &&
                             (saved_.eflags & ia32::eflags_trap) != 0;
    const bool refused = program_.may_be_refused && exception && event.code == L4_TRAP_PROTECTION;
    if (refused || (program_.end != 0 && (breakpoint || single_step))) {
        ended(now, refused);
        step_over();
        return current_;
    }
    if (now.eip != program_.trapped) differ("EIP of the event", program_.trapped, now.eip);
    check_frame(now, program_.changes, false);
    f.cr2 = now.cr2, f.trapno = now.trapno, f.err = now.err;
    tell(event);
    step_over();
    return current_;
}

/// The instruction was executed; the kernel hears nothing of it.
void Player::ended(const arch::Frame& now, bool refused) {
    arch::Frame& f = current_->frame;
    const Kind kind = static_cast<Kind>(step_.kind);
    check_frame(now, program_.changes, !refused);
    if (refused) return;
    if (kind == Kind::load && (step_.flags & Step::has_loaded) != 0 && now.eax != step_.loaded)
        differ("the word that was loaded", step_.loaded, now.eax);
    if (kind != Kind::set) return;
    if (step_.code == Register::gs) f.gs = now.gs;
    if (step_.code == Register::fs) f.fs = now.fs;
    if (step_.code == Register::esp) f.esp = now.esp;
}

/// Entry and exit must leave the registers alone; `ended`: but for what the instruction writes.
void Player::check_frame(const arch::Frame& now, std::uint32_t changes, bool ended) {
    const auto same = [&](const char* name, std::uint32_t is, std::uint32_t was) {
        if (is != was) differ(name, was, is);
    };
    const bool set = ended && static_cast<Kind>(step_.kind) == Kind::set;
    if (!set || step_.code != Register::gs) same("gs on the way", now.gs, loaded_.gs);
    if (!set || step_.code != Register::fs) same("fs on the way", now.fs, loaded_.fs);
    if (!set || step_.code != Register::esp) same("esp on the way", now.esp, loaded_.esp);
    if (!ended || !program_.borrows_eax) same("eax on the way", now.eax, loaded_.eax);
    same("ebx on the way", now.ebx, loaded_.ebx);
    same("ecx on the way", now.ecx, loaded_.ecx);
    same("edx on the way", now.edx, loaded_.edx);
    same("esi on the way", now.esi, loaded_.esi);
    same("edi on the way", now.edi, loaded_.edi);
    same("ebp on the way", now.ebp, loaded_.ebp);
    same("cs on the way", now.cs, loaded_.cs);
    same("ss on the way", now.ss, loaded_.ss);
    const std::uint32_t ignored = changes | resume_flag;
    same("eflags on the way", now.eflags & ~ignored, loaded_.eflags & ~ignored);
}

/// The step is done.
void Player::step_over() {
    over_ = true;
    if (system_.mode != stepwise) return;
    for (unsigned most = most_to_settle; in_kernel() && most != 0; --most)
        tell({.kind = Event::Kind::resume});
}

} // namespace replay
