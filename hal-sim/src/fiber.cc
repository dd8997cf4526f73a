// SPDX-License-Identifier: BSD-2-Clause
#include "sim/fiber.h"

#include <utility>

#include "l4/abi/ipc.h"
#include "sim/program.h"
#include "sim/text.h"

namespace sim {

void Fiber::start(Program program, std::uint32_t entry) {
    kill();
    top_ = &program.activation();
    top_->fiber = this;
    next_ = top_->self;
    entry_ = at_ = entry;
}

void Fiber::kill() {
    // Innermost first: the outer ones refer to the inner ones, never the other way round.
    while (top_) {
        const auto gone = top_->self;
        top_ = top_->caller;
        gone.destroy();
    }
    instruction_.kind = Instruction::Kind::none;
    pending_ = done_ = ended_ = false;
}

void Fiber::complete() {
    pending_ = false;
    value_ = instruction_.value;
    at_ += length(instruction_);
}

bool Fiber::go_on_at(std::uint32_t eip, std::uint32_t eax) {
    if (eip == at_) return true;
    if (instruction_.kind == Instruction::Kind::none) return false;
    const std::uint32_t bytes = length(instruction_);
    if (pending_) {
        if (eip != at_ + bytes) return false;
        instruction_.value = eax;
        complete();
        return true;
    }
    if (eip != at_ - bytes) return false;
    at_ = eip;
    pending_ = true;
    return true;
}

void Fiber::fetch(const Regs& results) {
    regs_ = results;
    // Only a fresh start stands at the entry; and each instruction lies in the window, with the address
    // behind it.
    if (at_ == entry_ || at_ - entry_ > Text::window - 2 * instruction_length_max)
        at_ = entry_ + instruction_length;
    while (!pending() && !ended_) {
        next_.resume();
        if (!done_) continue;
        kill();
        ended_ = true;
    }
    if (!ended_) return;
    const Regs sleep{.eax = L4_IPC_NO_SEND, .ebp = 0};
    instruction_ = {.kind = Instruction::Kind::syscall, .code = L4_VEC_IPC, .regs = sleep};
    pending_ = true;
}

void Fiber::enter(Activation& callee, Activation& caller) {
    callee.fiber = this;
    callee.caller = &caller;
    top_ = &callee;
    next_ = callee.self;
}

void Fiber::leave(Activation& callee) {
    top_ = callee.caller;
    next_ = top_->self;
}

} // namespace sim
