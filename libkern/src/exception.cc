// SPDX-License-Identifier: BSD-2-Clause
// Exceptions (docs/semantics.md 12): told to the pager, reflected to the thread itself, or its death; those
// that others cause; and aliens, whose system calls are exceptions.
#include "faults.h"
#include "leg.h"

namespace kern {

/// Of t's program, at its instruction.
void Kernel::exception(Thread& t, std::uint32_t vector, std::uint32_t code) {
    if (t.task_no() != TaskNo{L4_TASK_SIGMA0}) {
        if (takes_exception(t, vector)) return send_exception(t, vector, code);
        if (reflect(t, vector, code)) return;
    }
    const std::optional<TextJob> text = machine_.debug(t.frame, vector);
    if (!text) {
        machine_.rest(); // lets one come: to find out took as long as an end
        return kill(t);
    }
    t.job_ = *text;
    t.op_ = Op::text;
    if (goes_on()) run_text(t);
}

/// t prints by the machine's debugger.
void Kernel::run_text(Thread& t) {
    TextJob& job = *std::get_if<TextJob>(&t.job_);
    while (machine_.print(job))
        if (!goes_on()) return;
    t.op_ = Op::none;
    t.job_.emplace<std::monostate>();
}

/// Does t's pager ask for exceptions of this sort?
bool Kernel::takes_exception(const Thread& t, std::uint32_t trapno) {
    if constexpr (!Ext::exception_ipc) return false;
    const Thread* const pager = partner(t.pager_);
    return pager && takes_exceptions(utcb(*pager).status, t, trapno);
}

/// To the pager, that takes it.
void Kernel::send_exception(Thread& t, std::uint32_t trapno, std::uint32_t err, VAddr pfa) {
    t.fault_ = exception_of(t, trapno, err, pfa);
    send_fault(t);
}

/// What a processor does with a gate of the same privilege.  False: the thread has none for this vector.
/// Should memory be missing for it, the page fault is all that happens now: the instruction traps again, or,
/// where it is over, the exception is pending.
bool Kernel::reflect(Thread& t, std::uint32_t vector, std::uint32_t code) {
    if constexpr (!Ext::reflection) return false;
    const std::uint64_t gate_at = std::uint64_t{vector} * 8;
    if (vector == L4_TRAP_PAGE_FAULT || gate_at + 7 > t.idt_limit_) return false;
    machine_.rest(); // lets one come: a shorter way was tried before
    t.deferred_.reflection = ia32::is_trap(vector) ? vector & 7 : 0; // before a fault that could kill t
    std::uint32_t gate[2];
    if (!fetch(t, t.idt_base_ + static_cast<std::uint32_t>(gate_at), gate, sizeof gate)) return true;
    const std::uint32_t handler = (gate[0] & 0xffff) | (gate[1] & 0xffff0000);
    const std::uint32_t words[] = {t.frame.eflags, t.frame.cs, t.frame.eip, code};
    const std::uint32_t count = ia32::has_error_code(vector) ? 4 : 3;
    if (handler != 0 && !push(t, words, count)) return true;
    t.deferred_.reflection = 0;
    if (handler == 0) return false;
    t.frame.eip = handler;
    t.frame.eflags &= ~ia32::eflags_trap;
    return true;
}

/// All of the words, or none and a page fault.
bool Kernel::push(Thread& t, const std::uint32_t* words, std::uint32_t count) {
    constexpr std::uint32_t size = sizeof *words;
    const std::uint32_t top = t.frame.esp - count * size;
    if (to_page_end(top) < count * size) return push_across_pages(t, words, count);
    std::byte* const first = look(t, t.frame.esp - size, Access::write);
    if (!first) return false;
    for (std::uint32_t i = 0; i < count; ++i) std::memcpy(first - i * size, words + i, size);
    t.frame.esp = top;
    return true;
}

/// The words of each page are those that would be met first, if it were done word by word from the top.
bool Kernel::push_across_pages(Thread& t, const std::uint32_t* words, std::uint32_t count) {
    constexpr std::uint32_t size = sizeof *words, most = 4;
    const std::uint32_t top = t.frame.esp - count * size, first = t.frame.esp - size;
    const std::uint32_t below = to_page_end(top), boundary = top + below, above = t.frame.esp - boundary;
    const bool splits = above < size; // the first word itself
    const std::uint32_t in_lower = first - above / size * size, in_upper = splits ? boundary : first;
    std::byte* lower = splits ? look(t, in_lower, Access::write) : nullptr;
    if (splits && !lower) return false;
    std::byte* const upper = look(t, in_upper, Access::write);
    if (!upper) return false;
    if (!splits) lower = look(t, in_lower, Access::write);
    if (!lower) return false;
    std::byte image[most * size];
    for (std::uint32_t i = 0; i < count; ++i) std::memcpy(image + (count - 1 - i) * size, words + i, size);
    std::memcpy(lower - (in_lower - top), image, below);
    std::memcpy(upper - (in_upper - boundary), image + below, above);
    t.frame.esp = top;
    return true;
}

/// An alien calls the kernel: true if it may, this once.
bool Kernel::alien_may_call(Thread& t, std::uint32_t vector) {
    const std::uint32_t err = l4_exc_err_int(vector);
    if (t.dealien_) {
        t.dealien_ = false;
        t.deferred_.after_call = static_cast<std::uint16_t>(err | L4_EXC_ERR_AFTER_CALL);
        return true;
    }
    t.frame.eip -= ia32::int_length;
    if (t.task_no() != TaskNo{L4_TASK_SIGMA0} && takes_exception(t, L4_TRAP_PROTECTION))
        send_exception(t, L4_TRAP_PROTECTION, err);
    else
        kill(t);
    return false;
}

/// t is about to return to its program and something is to happen before: one thing for each entry.
void Kernel::run_deferred(Thread& t) {
    Deferred& d = t.deferred_;
    ensure(d.any(), "resumed a thread that has nothing to do in the kernel");
    if (Ext::ex_regs_stop && d.stop) {
        d.stop = false;
        return block(t, {.what = Wait::For::stopped}, never);
    }
    if (Ext::reflection && d.reflection != 0) {
        const std::uint32_t vector = d.reflection;
        d.reflection = 0;
        return exception(t, vector, 0);
    }
    std::uint32_t trapno = L4_TRAP_TIME, err = 0;
    if (d.after_call != 0) {
        trapno = L4_TRAP_PROTECTION;
        err = d.after_call;
        d.after_call = 0;
    } else if (d.trigger) {
        trapno = L4_TRAP_TRIGGERED;
        d.trigger = false;
    } else {
        d.time_fault = false;
    }
    if (takes_exception(t, trapno)) send_exception(t, trapno, err);
}

} // namespace kern
