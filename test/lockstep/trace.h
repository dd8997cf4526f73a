// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "test/lockstep/action.h"
#include "test/lockstep/dice.h"
#include "test/lockstep/recording.h"
#include "test/lockstep/scene.h"
#include "test/support/lockstep.h"

namespace test {

/// The system that a seed stands for.
LockstepConfig configuration(std::uint64_t seed, Mode mode);

/// Makes up what happens next, out of a seed and of what it sees in the kernel.
///
/// Swarm style: each seed has operations that it never does and others that it prefers, and its own few
/// threads, pages and priorities to do them with.  A prologue through real system calls makes a handful of
/// threads in a few tasks, with some memory.
class Trace {
public:
    enum Choice : std::uint8_t {
        ipc,
        serve,
        nearest,
        unmap,
        yield,
        schedule,
        ex_regs,
        task_new,
        touch,
        message,
        raise,
        wild,
        utcb,     ///< words of the own UTCB
        ports,    ///< in, out, cli
        tables,   ///< lidt, lldt
        own_regs, ///< registers that calls do not load
        choices
    };
    /// What a trace likes to do.
    struct Taste {
        std::array<std::uint32_t, choices> weights{}; ///< not all 0
        unsigned outside = 0;                         ///< percent of actions
        unsigned failing = 0;  ///< percent of actions before which an allocation is to fail
        unsigned prologue = 0; ///< actions
        unsigned flags = 0;    ///< percent of each ex_regs flag
        unsigned state = 0;    ///< percent of answers that carry something in the UTCB
    };

    Trace(std::uint64_t seed, Mode mode, Lockstep& lockstep);
    /// Out of dice that somebody else has loaded.
    Trace(const Dice& dice, Mode mode, Lockstep& lockstep, const Taste& taste);

    Action next();
    bool in_prologue() const { return prologue_left_ != 0; }
    /// Nothing will ever happen any more by itself, or the dice have nothing left to say.
    bool over() const;

private:
    Trace(const Dice& dice, Mode mode, Lockstep& lockstep);
    // prologue.cc
    Action prologue();
    Action create_next();
    Action child_prologue();

    Action outside();
    Action while_idle();
    Action choose();
    std::optional<Action> next_planned();

    // calls.cc
    Action call_ipc();
    Action call_serve();
    Action call_nearest();
    Action call_unmap();
    Action call_switch();
    Action call_schedule();
    Action call_ex_regs();
    Action call_task_new();
    Action call_wild();
    Action reply_to_fault(const kern::Thread& faulting);
    std::uint32_t send_descriptor();
    std::uint32_t receive_descriptor();

    // extensions.cc
    Action raise_exception();
    bool has_handler();
    Action compose_utcb();
    Action compose_table();
    Action compose_tls();
    Action use_port();
    Action change_register();
    Action planned(Action last);
    std::uint32_t ex_regs_flags();
    void store_utcb_word();
    void store_page_list();
    void store_state(unsigned percent);
    std::uint32_t state_word(std::uint32_t index);
    std::uint32_t selector();
    std::uint32_t descriptor_high();
    std::uint32_t scratch();
    Action answer_exception(const kern::Thread& waiting);

    // compose.cc
    Action compose();
    std::uint32_t dope();
    std::uint32_t size();
    std::uint32_t usable(std::uint32_t address);

    struct Mapped {
        std::uint32_t page, size; ///< log2
    };
    std::optional<Mapped> mapped_page(); ///< of the running thread's task, any
    std::uint64_t span();

    Dice dice_;
    const Mode mode_;
    Lockstep& on_;
    Scene scene_;
    Taste taste_;
    std::deque<Action> plan_; ///< of thread `planner_`, if it is still the one that runs
    const kern::Thread* planner_ = nullptr;

    unsigned prologue_left_ = 0;
    std::vector<std::uint32_t> to_create_; ///< tasks
};

} // namespace test
