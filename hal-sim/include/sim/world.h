// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "sim/fiber.h"
#include "sim/observer.h"
#include "sim/programs.h"
#include "sim/root_server.h"
#include "sim/spawn.h"
#include "sim/text.h"
#include "sim/trace_hash.h"
#include "sim/user.h"

namespace sim {

struct WorldConfig {
    arch::MachineConfig machine{};
    kern::Limits limits{};
    std::uint32_t sigma0_frames = 32; ///< of the kernel's memory: sigma0's account
    kern::Micros instruction_time{};  ///< what each instruction costs, system calls included
    Body sigma0{};                    ///< unset: sim::sigma0
    Body root{};                      ///< unset: a RootServer
    kern::VAddr sigma0_sp{}, root_sp{};
};

/// How World::run ended.
enum class End : std::uint8_t {
    idle,    ///< nothing runs, and neither the timer nor the script will change that
    bound,   ///< so many steps were done
    stopped, ///< World::stop
};

/// A machine, a kernel on it, and users: everything that happens on a computer, in virtual time,
/// reproducibly. Programs that have not ended are destroyed with it: declare what their destructors use
/// before the World.
class World {
public:
    explicit World(const WorldConfig& config = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // --- programs
    Entry program(Body body) { return text_.add(std::move(body)); }
    /// Has root start a thread.  Threads 1.. of a task are started by its thread 0 before it does anything
    /// else, so ask for all of a new task before the next run; without a thread 0 it gets one that sleeps.
    l4_threadid_t spawn(const Spawn& what);
    l4_threadid_t spawn(std::uint16_t task, Body body) {
        return spawn({.task = task, .program = program(std::move(body))});
    }
    l4_threadid_t spawn(std::uint16_t task, std::uint8_t lthread, Body body) {
        return spawn({.task = task, .lthread = lthread, .program = program(std::move(body))});
    }
    /// The default root, if this world has it.
    RootServer& root_server();

    // --- time
    /// Runs at most `steps` instructions and kernel events.
    End run(std::uint64_t steps = 100000);
    /// Makes run() return after the current step.
    void stop() { stopped_ = true; }
    /// Raises an interrupt line at a point in time (the past: before the next step).
    void at(kern::Micros time, kern::Line line) { script_.emplace(time.raw(), line); }
    void set_interrupts(Interrupts* choice) { interrupts_ = choice; } ///< nullptr: always at once
    void observe(Observer& o) { observers_.push_back(&o); }

    arch::Machine& machine() { return machine_; }
    kern::Kernel& kernel() { return kernel_; }
    kern::Thread& current() { return *current_; } ///< who runs next
    kern::Thread* find(l4_threadid_t id) const { return kernel_.find(kern::ThreadId::of(id)); }
    kern::Micros now() const { return machine_.now(); }
    std::uint64_t hash() const { return hash_.value(); } ///< of all events so far
    std::uint64_t events() const { return events_; }
    std::uint64_t instructions() const { return instructions_; }

private:
    bool step();
    void run_script();
    bool interrupt(bool must);
    bool fire_timer();
    bool take_line(kern::Line line);
    bool idle();
    void dispatch(const kern::Event& event);

    Fiber& fiber(const kern::Thread& t);
    bool go_on(kern::Thread& t, Fiber& f);
    void execute(kern::Thread& t);
    void perform(kern::Thread& t, Fiber& f);
    void syscall(kern::Thread& t, Fiber& f);
    std::optional<arch::AccessFault> touch(const kern::Thread& t, std::uint32_t address,
                                           std::span<std::byte> data, bool write);
    void access(kern::Thread& t, Fiber& f, bool write);
    void access_block(kern::Thread& t, Fiber& f, bool write);
    void compute(kern::Thread& t, Fiber& f);
    void port(kern::Thread& t, Fiber& f, bool write);
    void interrupt_flag(kern::Thread& t, Fiber& f);
    void raise(kern::Thread& t, Fiber& f);
    void emulated(kern::Thread& t, Fiber& f);
    void load_segments(kern::Thread& t, Fiber& f);
    void load_gs(kern::Thread& t, Fiber& f);
    void wild(kern::Thread& t);
    void check_user_mode(const kern::Thread& t);
    void retire(kern::Thread& t, Fiber& f);
    void done(kern::Thread& t, Fiber& f);
    void page_fault(kern::Thread& t, const arch::AccessFault& fault);
    void exception(kern::Thread& t, std::uint32_t vector, std::uint32_t error);

    const kern::Micros instruction_time_;
    arch::Machine machine_;
    Text text_;
    std::unique_ptr<RootServer> root_server_;
    kern::Kernel kernel_;
    kern::Thread* current_ = nullptr;
    bool timer_was_last_ = false; ///< rotating priority: neither timer nor devices keep the other waiting
    std::map<std::uint64_t, Fiber> fibers_; ///< by thread and program
    std::uint64_t last_key_ = ~0ull;        ///< of last_, since most steps belong to the same thread
    Fiber* last_ = nullptr;

    std::multimap<std::uint64_t, kern::Line> script_;
    Interrupts* interrupts_ = nullptr;
    std::vector<Observer*> observers_;
    TraceHash hash_;
    std::uint64_t events_ = 0, instructions_ = 0;
    bool stopped_ = false;
    bool stepping_ = false; ///< the instruction began with EFLAGS.TF set
};

} // namespace sim
