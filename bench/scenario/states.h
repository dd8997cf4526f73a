// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "bench/scenario/crowd.h"
#include "bench/scenario/system.h"

namespace bench {

/// A user process as the Linux server sees it: a task of one thread, whose pager is root.  State moves whole,
/// 16 words.
class Process {
public:
    /// `n` other threads exist.
    explicit Process(std::uint32_t n);

protected:
    static constexpr std::uint32_t other_ip = System::ip + 0x10; ///< not where threads start
    l4_utcb_t& utcb() { return system_.utcb(); }                 ///< root's
    void raise(std::uint32_t trap);
    /// Root's answer, with state; root goes on, or waits for the next message.
    sim::Ipc answer() const;
    sim::Ipc answer_and_wait() const;
    /// Root waits whenever the process runs, and runs whenever the process waits.
    void process_first();

    System system_;
    Crowd others_;
    kern::Thread* process_;
};

/// The process raises an exception; root gets its state, and answers with another: two kernel entries.
class ExceptionMessage : public Process {
public:
    explicit ExceptionMessage(std::uint32_t n);
    void run();
};

/// Root stops the running process, has its state, and lets it go on with another (thesis 3.3.3, figure 3.2).
class Interrupt : public Process {
public:
    enum class By : std::uint8_t {
        stub,      ///< ex_regs sends it to code in its space, which saves its state in memory and calls root
        exception, ///< ex_regs makes it raise an exception, which root takes and answers
        state,     ///< ex_regs stops it and fetches its state; another call sets the state and starts it
    };
    Interrupt(std::uint32_t n, By by);
    void run();

private:
    void run_stub();
    void run_exception();
    void run_state();
    /// As root has it: in its UTCB, or in the memory that it shares with the stub.
    l4_utcb_state_t& state();
    /// One instruction pointer and the other, in turn.
    void change_state() { state().eip ^= System::ip ^ other_ip; }

    static constexpr std::uint32_t stub_ip = System::ip + 0x100;
    static constexpr std::uint32_t shared_page = System::memory,
                                   shared_va = 0x10000000; ///< root's, process's
    const By by_;
};

/// lthread_ex_regs sets instruction and stack pointer of a thread.
class SetRegisters : public Process {
public:
    SetRegisters(std::uint32_t n, Target where);
    void run();

private:
    std::uint32_t target_;
};

/// Root answers an exception with a time limit; the process runs up to it; its time fault wakes root.
class TimeFault : public Process {
public:
    explicit TimeFault(std::uint32_t n);
    void run();
};

} // namespace bench
