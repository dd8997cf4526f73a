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
    done_ = ended_ = false;
}

void Fiber::complete() {
    instruction_.kind = Instruction::Kind::none;
    value_ = instruction_.value;
    at_ += instruction_length;
    if (at_ - entry_ >= Text::window) at_ = entry_ + instruction_length;
}

void Fiber::fetch(const Regs& results) {
    regs_ = results;
    if (at_ == entry_) at_ += instruction_length; // so that only a fresh start stands at the entry
    while (!pending() && !ended_) {
        next_.resume();
        if (!done_) continue;
        kill();
        ended_ = true;
    }
    if (!ended_) return;
    const Regs sleep{.eax = L4_IPC_NO_SEND, .ebp = 0};
    instruction_ = {.kind = Instruction::Kind::syscall, .code = L4_VEC_IPC, .regs = sleep};
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
