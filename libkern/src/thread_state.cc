// SPDX-License-Identifier: BSD-2-Clause
// A thread's registers as the state words of a UTCB, whose order is the trap frame's, and its TLS descriptors
// (docs/semantics.md 11.4, 16).
#include <cstring>
#include "kern/thread.h"

namespace kern {
namespace {

using ia32::TrapFrame;

constexpr std::size_t word_size = sizeof(l4_word_t);
static_assert(offsetof(TrapFrame, cr2) == offsetof(l4_utcb_state_t, pfa) &&
              offsetof(TrapFrame, trapno) == offsetof(l4_utcb_state_t, trapno) &&
              offsetof(TrapFrame, eip) == offsetof(l4_utcb_state_t, eip) &&
              offsetof(TrapFrame, esp) == offsetof(l4_utcb_state_t, esp));

/// A data segment of users that is present.
constexpr bool is_user_data(std::uint64_t descriptor) { return (descriptor >> 32 & 0xf800) == 0xf000; }
/// A selector that needs no repair: most are.
constexpr bool is_plain(std::uint32_t selector) { return selector == ia32::utcb_selector || selector == 0; }
/// What a program that has `old` gets when it sets `wanted`.
constexpr std::uint32_t own_eflags(std::uint32_t old, std::uint32_t wanted) {
    const std::uint32_t iopl = old & ia32::eflags_iopl;
    const std::uint32_t own = ia32::eflags_of_user | (iopl != 0 ? ia32::eflags_interrupts : 0u);
    return (wanted & own) | (ia32::user_eflags & ~own) | iopl;
}
constexpr std::uint64_t long_mode = std::uint64_t{1} << (32 + 21);

} // namespace

void Thread::read_state(l4_utcb_state_t& to, std::uint32_t count) const {
    const auto holds = [=](std::size_t offset) { return offset / word_size < count; };
    std::memcpy(&to, &frame, count * word_size);
    if (holds(offsetof(l4_utcb_state_t, pfa))) to.pfa = fault_.pfa;
    if (holds(offsetof(l4_utcb_state_t, trapno))) to.trapno = fault_.trapno;
    if (holds(offsetof(l4_utcb_state_t, err))) to.err = fault_.err;
}

/// A program can set no more by it than it could by instructions of its own.
void Thread::write_some(const l4_utcb_state_t& from, std::uint32_t count) {
    const TrapFrame old = frame;
    std::memcpy(&frame, &from, count * word_size);
    frame.cr2 = old.cr2;
    frame.trapno = old.trapno;
    frame.err = old.err;
    frame.cs = old.cs;
    if (count > offsetof(TrapFrame, gs) / word_size) frame.gs = repaired(frame.gs);
    if (count > offsetof(TrapFrame, fs) / word_size) frame.fs = repaired(frame.fs);
    if (count > offsetof(TrapFrame, eflags) / word_size) frame.eflags = own_eflags(old.eflags, frame.eflags);
}

/// The same for all words, as nearly every answer sets them.
void Thread::write_all(const l4_utcb_state_t& from) {
    frame.gs = is_plain(from.gs) ? from.gs : repaired(from.gs);
    frame.fs = is_plain(from.fs) ? from.fs : repaired(from.fs);
    frame.edi = from.edi;
    frame.esi = from.esi;
    frame.ebp = from.ebp;
    frame.ebx = from.ebx;
    frame.edx = from.edx;
    frame.ecx = from.ecx;
    frame.eax = from.eax;
    frame.eip = from.eip;
    frame.eflags = own_eflags(frame.eflags, from.eflags);
    frame.esp = from.esp;
}

void Thread::take_back_privileges() {
    const std::uint32_t iopl = has_iopl_ ? ia32::eflags_iopl : 0u;
    frame.eflags = (frame.eflags & ia32::eflags_of_user) | ia32::user_eflags | iopl;
    frame.gs = repaired(frame.gs);
    frame.fs = repaired(frame.fs);
}

void Thread::write_tls(std::uint32_t first, const std::uint64_t* from, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i)
        tls_[first + i] = is_user_data(from[i]) ? from[i] & ~long_mode : 0;
    has_tls_ = (tls_[0] | tls_[1] | tls_[2]) != 0;
    frame.gs = repaired(frame.gs);
    frame.fs = repaired(frame.fs);
}

/// A selector that a program may load; 0 in place of any other.
std::uint32_t Thread::repaired(std::uint32_t selector) const {
    if (is_plain(selector)) return selector;
    const auto is = [=](std::uint32_t s) { return ((selector ^ s) & ia32::selector_mask) == 0; };
    bool good = is(ia32::user_cs) || is(ia32::user_ds) || is(ia32::utcb_selector);
    for (std::size_t i = 0; i < ia32::tls_slots; ++i) good |= tls_[i] != 0 && is(ia32::tls_selectors[i]);
    return good ? selector & 0xffff : 0;
}

} // namespace kern
