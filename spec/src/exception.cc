// SPDX-License-Identifier: BSD-2-Clause
// Exceptions, aliens, and what a thread has to do before it returns to user mode (semantics 12, 14.6).
#include <utility>

#include "l4/abi/exception.h"

#include "spec/system.h"

namespace spec {
namespace {

constexpr Word eflags_tf = 0x100, user_cs = 0x1b;

/// Their instruction is over: it does not raise them again.
bool is_trap(Word vector) {
    return vector == L4_TRAP_DEBUG || vector == L4_TRAP_BREAKPOINT || vector == L4_TRAP_OVERFLOW;
}

bool has_error_code(Word vector) {
    return vector == L4_TRAP_DOUBLE_FAULT || vector == L4_TRAP_ALIGNMENT ||
           (vector >= L4_TRAP_INVALID_TSS && vector <= L4_TRAP_PROTECTION);
}

} // namespace

/// 12.1
void System::exception(ThreadName self, Word vector, Word error_code) {
    if (self.task == L4_TASK_SIGMA0) {
        return kill(self);
    }
    if (!send_exception(self, vector, error_code) && !reflect(self, vector, error_code)) {
        kill(self);
    }
}

/// 12.2.  False: the pager does not take it.
bool System::send_exception(ThreadName self, Word vector, Word error_code, Word pfa) {
    const Thread& t = thread(self);
    const auto pager = find_live(t.pager);
    if (!pager || !has_status(*pager, L4_UTCB_EXCEPTIONS)) {
        return false;
    }
    const bool debug = vector == L4_TRAP_DEBUG || vector == L4_TRAP_BREAKPOINT;
    if (debug && !t.alien && !has_status(*pager, L4_UTCB_DEBUG)) {
        return false;
    }
    raise_fault(self,
                {.kind = FaultKind::exception,
                 .w0 = L4_EXC_COOKIE_0,
                 .w1 = L4_EXC_COOKIE_1,
                 .trapno = vector,
                 .err = error_code,
                 .pfa = pfa,
                 .window = vector == L4_TRAP_PAGE_FAULT ? L4_FP_WHOLE_SPACE : 0},
                std::nullopt);
    return true;
}

/// 12.3.  False: there is no handler.
bool System::reflect(ThreadName self, Word vector, Word error_code) {
    Thread& t = thread(self);
    if (vector == L4_TRAP_PAGE_FAULT || std::uint64_t{vector} * 8 + 7 > t.idt_limit) {
        return false;
    }
    const auto lacks_memory = [&] {
        t.reflection = is_trap(vector) && !t.dead ? vector : 0;
        return true;
    };
    const auto gate = user_bytes(self, t.idt_base + 8 * vector, 8, false);
    if (!gate) {
        return lacks_memory();
    }
    Word handler = 0;
    for (const std::size_t byte : {7u, 6u, 1u, 0u}) {
        handler = handler << 8 | ram_.byte((*gate)[byte]);
    }
    if (handler == 0) {
        return false;
    }
    std::vector<Word> frame{t.registers.eflags, user_cs, t.registers.eip};
    if (has_error_code(vector)) {
        frame.push_back(error_code);
    }
    std::vector<Physical> stack;
    for (Word i = 1; i <= frame.size(); ++i) {
        const auto word = user_bytes(self, t.registers.esp - 4 * i, 4, true);
        if (!word) {
            return lacks_memory();
        }
        stack.insert(stack.end(), word->begin(), word->end());
    }
    for (std::size_t i = 0; i < stack.size(); ++i) {
        ram_.set_byte(stack[i], static_cast<std::uint8_t>(frame[i / 4] >> (8 * (i % 4))));
    }
    t.registers.esp -= 4 * static_cast<Word>(frame.size());
    t.registers.eip = handler;
    t.registers.eflags &= ~eflags_tf;
    return true;
}

/// 12.7
void System::trap_alien_call(ThreadName self, Word error_code) {
    thread(self).registers.eip -= 2;
    if (self.task == L4_TASK_SIGMA0 || !send_exception(self, L4_TRAP_PROTECTION, error_code)) {
        kill(self);
    }
}

void System::end_alien(Thread& t) {
    t.alien = t.dealien = false;
    t.executing = t.after_call = 0;
}

/// Of an alien that was allowed it.
void System::call_is_over(Thread& t) {
    if (t.executing != 0) {
        t.after_call = t.executing;
        t.executing = 0;
    }
}

bool System::has_pending(const Thread& t) {
    return t.reflection != 0 || t.after_call != 0 || t.triggered || t.time_fault;
}

/// Ready, and goes on with `resume` (1.4, 12.5).
bool System::in_kernel(const Thread& t) { return t.ready && (t.wants_resume || t.stop || has_pending(t)); }

/// One thing at a time: the message that it drives, its stop, one pending exception.
void System::resume(ThreadName self) {
    Thread& t = thread(self);
    if (t.wants_resume) {
        drive(self);
    } else if (t.stop) {
        stop(self);
    } else if (t.reflection != 0) {
        exception(self, std::exchange(t.reflection, 0), 0);
    } else if (t.after_call != 0) {
        const Word error_code = t.after_call;
        t.after_call = 0;
        send_exception(self, L4_TRAP_PROTECTION, error_code);
    } else if (t.triggered) {
        t.triggered = false;
        send_exception(self, L4_TRAP_TRIGGERED, 0);
    } else if (t.time_fault) {
        t.time_fault = false;
        send_exception(self, L4_TRAP_TIME, 0);
    }
}

} // namespace spec
