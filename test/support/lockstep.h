// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arch/machine.h"
#include "ia32/emulated.h"
#include "kdb/ring.h"
#include "kern/kernel.h"
#include "sim/regs.h"
#include "sim/trace_hash.h"
#include "test/support/referee.h"

namespace test {

struct LockstepConfig {
    arch::MachineConfig machine{};
    kern::Limits limits = kern::unlimited;
    std::uint32_t sigma0_frames = 64;
    kern::VAddr sigma0_ip{0x2000000}, sigma0_sp{0x2001000}, root_ip{0x4000000}, root_sp{0x4001000};
    kern::Micros boot_time{};
    bool compare = true; ///< false: the kernel alone, with its invariants
    unsigned full_each =
        1; ///< look at everything after each so many events (Cadence), and at what ran after the others
};

/// Told when the kernel begins with an event, and when it is through.
struct Stopwatch {
    virtual void begins() = 0;
    virtual void ends(const kern::Event& event) = 0;

protected:
    ~Stopwatch() = default;
};

/// A machine and a kernel without user programs: whoever holds it says what happens next, one event at a
/// time, and the kernel is compared with the specification after each.  After the first difference nothing
/// happens any more.
class Lockstep {
public:
    explicit Lockstep(const LockstepConfig& config = {});

    /// A state to come back to, of this Lockstep alone: its kernel's objects refer to each other by address.
    /// Coming back is much cheaper than getting there once more.
    struct Snapshot;
    std::shared_ptr<const Snapshot> save() const;
    void restore(const Snapshot& snapshot);

    // --- what the running thread does; not when idle, and not in the kernel
    /// int `vector`, with these general registers.
    void syscall(std::uint32_t vector, const sim::Regs& regs);
    /// Loads or stores a word at a multiple of 4.  A fault becomes the page-fault event.  Returns the word.
    std::optional<std::uint32_t> touch(kern::VAddr at, bool write, std::uint32_t value = 0);
    void exception(std::uint32_t vector, std::uint32_t error_code = 0);
    /// in or out of 1, 2 or 4 bytes; 0: cli.  What the processor does not allow becomes the I/O fault.
    void io(std::uint32_t port, std::uint32_t bytes);
    /// lidt or lldt, with these general registers.
    void emulate(ia32::Emulated instruction, const sim::Regs& regs);
    /// Its program fills the floating-point registers; all of them differ.
    void set_fpu(std::uint32_t pattern);
    /// And one of the others, as far as a program can.
    enum class Register : std::uint8_t { gs, fs, eflags, esp, eip, eax, ebx, ecx, edx, esi, edi, ebp };
    void set(Register which, std::uint32_t value);

    // --- what happens to it
    /// The device raises its line; an interrupt event follows if the line is not masked.
    void irq(kern::Line line);
    /// Time passes; a timer event follows if the timer is due then.
    void advance(kern::Micros by);
    /// Time passes, and nobody notices yet.
    void pass(kern::Micros by) { machine_.timer().advance(by); }
    /// The timer event, if it is due; true if it was.
    bool timer();
    /// One window for interrupts has passed in the kernel.  Only when in_kernel().
    void resume();
    /// Delivers resume until nothing runs or the running thread is in user mode; true if it came to that
    /// within `most` events.
    bool settle(unsigned most = 100000);
    /// The k-th allocation of the next event fails; 0: none does.
    void fail_allocation(std::uint32_t k) { fail_at_ = k; }
    bool allocation_failed() const { return allocation_failed_; } ///< in the last event
    /// The end of the story: compares everything, all memory included.
    void finish();

    bool idle() const { return current_->idle(); }
    bool in_kernel() const { return !idle() && current_->in_kernel(); }
    const kern::Thread& current() const { return *current_; }
    kern::Kernel& kernel() { return kernel_; }
    const kern::Kernel& kernel() const { return kernel_; }
    arch::Machine& machine() { return machine_; }
    bool following() const { return referee_ && referee_->following(); }
    const std::string& mismatch() const;              ///< empty: none
    std::string last_event() const;                   ///< for people
    std::function<void(const std::string&)> on_event; ///< told of every event before it happens; may be empty
    Stopwatch* stopwatch = nullptr;                   ///< may be there
    kdb::Ring* ring = nullptr;                        ///< keeps every event, if it is there
    std::uint64_t events() const { return events_; }
    std::uint64_t hash() const { return hash_.value(); } ///< of every event and what it left in the registers

private:
    bool loadable(std::uint32_t selector) const;
    void deliver(const kern::Event& event);
    void handle(const kern::Event& event);
    bool time_for_invariants(const kern::Event& event);

    arch::Machine machine_; // everything below is in a Snapshot
    kern::Kernel kernel_;
    kern::Thread* current_;
    std::optional<Referee> referee_; ///< none: the kernel alone
    sim::TraceHash hash_;
    const unsigned full_each_;
    std::uint64_t events_ = 0;
    Cadence cadence_; ///< without a referee
    std::uint32_t fail_at_ = 0;
    bool allocation_failed_ = false;
    struct Last {
        kern::Event event{};
        bool idle = true;
        kern::ThreadId who{};
        arch::Frame frame{};
    } last_; ///< event, and the running thread when it came
};

} // namespace test
