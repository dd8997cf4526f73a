// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <coroutine>
#include <cstdint>

#include "kern/ids.h"
#include "kern/strong.h"
#include "sim/instruction.h"

namespace sim {

class Fiber;
class Program;
class World;

/// A running coroutine and who waits for it: what the promises of Program and Routine have in common.
struct Activation {
    Fiber* fiber = nullptr;
    Activation* caller = nullptr;
    std::coroutine_handle<> self;
    std::suspend_always initial_suspend() const noexcept { return {}; }
    void unhandled_exception() { throw; } ///< comes out of World::run
};

/// What one thread executes of one program: its coroutines, the instruction that they wait for, and its
/// address. A thread that was sent elsewhere finds it again where it left it.
///
/// Coroutines never resume each other: they say who is next and return here.  So the host's stack does not
/// grow with what a program does, whatever the compiler makes of symmetric transfer.
class Fiber {
public:
    Fiber(World& world, kern::ThreadId id) : world_(world), id_(id) {}
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber() { kill(); }

    // --- for the World
    /// Drops what ran before; `program` stands at its entry.
    void start(Program program, std::uint32_t entry);
    void kill();
    /// Runs the program's C++ code up to its next instruction.  One that has ended sleeps for ever.
    void fetch(const Regs& results);
    bool alive() const { return top_ != nullptr || ended_; }
    std::uint32_t at() const { return at_; } ///< EIP of the pending instruction, or of the one to be fetched
    bool pending() const { return pending_; }
    Instruction& instruction() { return instruction_; }
    /// The instruction is done, or has reached the kernel.
    void complete();
    /// The thread goes on at `eip`: at the pending instruction, at the one that was completed last (to
    /// execute it again), or behind the pending one, which somebody else has executed: then EAX is its value.
    /// False: the program has no instruction there that could be executed now.
    bool go_on_at(std::uint32_t eip, std::uint32_t eax);

    // --- for coroutines
    void issue(std::coroutine_handle<> who, const Instruction& instruction) {
        next_ = who;
        instruction_ = instruction;
        pending_ = true;
    }
    void enter(Activation& callee, Activation& caller);
    void leave(Activation& callee);
    void finished() { done_ = true; }
    const Regs& regs() const { return regs_; }
    std::uint32_t value() const { return value_; }
    World& world() const { return world_; }
    kern::ThreadId id() const { return id_; }

private:
    World& world_;
    kern::ThreadId id_;
    Activation* top_ = nullptr;    ///< innermost coroutine
    std::coroutine_handle<> next_; ///< to be resumed by fetch()
    bool done_ = false;            ///< the program has returned and not been freed yet
    bool ended_ = false;
    std::uint32_t entry_ = 0, at_ = 0;
    Instruction instruction_; ///< the last one that was issued
    bool pending_ = false;    ///< it is to be executed, at `at_`; else it was, and stands right before `at_`
    std::uint32_t value_ = 0; ///< of the last load or in
    Regs regs_;               ///< after the last instruction
};

} // namespace sim
