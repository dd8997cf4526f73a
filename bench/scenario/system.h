// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/machine.h"
#include "ia32/paging.h"
#include "kern/kernel.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"

namespace bench {

inline constexpr std::uint32_t page = ia32::page_size;

/// Where the thread is that root, or another, makes or changes by lthread_ex_regs.
enum class Target : std::uint8_t { in_own_task, in_other_task };

/// A machine and a kernel without programs: the benchmark puts arguments into the running thread's registers
/// and hands the kernel the event, so that between two kernel entries there are a few stores and nothing
/// else.
///
/// Everything is made by system calls, as on a real machine.  While a scenario is set up, root runs, has an
/// endless slice, and stands at the head of its ready queue: as() lends its time to any ready thread, and
/// whatever that thread does, root runs again when it is through with it.
class System {
public:
    struct Config {
        std::uint32_t threads = 0;  ///< the kernel has memory for so many, in as few tasks as possible,
        std::uint32_t mappings = 0; ///< and for so many pages mapped side by side
        kern::Limits limits{};
    };
    System() : System(Config{}) {}
    explicit System(const Config& config);
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    // --- what is measured
    void event(const kern::Event& e) { current_ = &kernel_.handle(e); }
    /// The running thread's system call; one kernel entry.
    template <class C>
    void call(const C& c) {
        c.regs().load_into(current_->frame);
        event({.kind = kern::Event::Kind::syscall, .code = C::vector});
    }
    /// One more entry of a long operation.
    void resume() { event({.kind = kern::Event::Kind::resume}); }
    /// Long operations go on until a thread runs that is not in the kernel.
    void settle() {
        while (current_->in_kernel()) resume();
    }
    /// Time goes on to the timer's interrupt, if it is not due already.
    void timer_fires() {
        arch::Timer& timer = machine_.timer();
        if (!timer.due()) timer.advance(timer.deadline() - timer.now());
        timer.fired();
        event({.kind = kern::Event::Kind::timer});
    }
    kern::Thread& current() { return *current_; }
    arch::Machine& machine() { return machine_; }
    kern::Kernel& kernel() { return kernel_; }

    // --- setting up; each ends the process when it does not work
    kern::Thread& root() { return *root_; }
    static l4_threadid_t id(const kern::Thread& t) { return l4_threadid(t.task_no().raw(), t.lthread()); }
    /// The running thread, a chief, makes a task that shares its account; thread 0 is ready.
    kern::Thread& new_task(std::uint16_t task);
    /// The running thread's task kills this one of its tasks, which then has no members.
    void kill_task(std::uint16_t task);
    /// Another thread in the running thread's task; ready.
    kern::Thread& new_thread(std::uint8_t lthread);
    /// `t`, who is ready, runs on root's time.
    void as(kern::Thread& t);
    /// `t` did not block: root runs again.
    void back();
    /// `t` waits with this system call, while root goes on.
    template <class C>
    void park(kern::Thread& t, const C& c) {
        as(t);
        call(c);
        root_runs();
    }
    void set_prio(kern::Thread& t, std::uint8_t prio);
    /// Root waits for a message that will never come.
    void root_sleeps();

    // --- memory.  Root has a megabyte, as single pages, one to one.
    static constexpr std::uint32_t memory = 0x100000, memory_log2 = 20,
                                   memory_pages = (1u << memory_log2) / page;
    /// Maps 2^log2 bytes of root's memory into the space of `to`, who is ready.
    void give(kern::Thread& to, std::uint32_t from, std::uint32_t log2, std::uint32_t va);
    /// Root's memory, as the embedder sees it.
    std::byte* bytes(std::uint32_t at) { return machine_.page(kern::PAddr{at}).data() + at % page; }

    static constexpr std::uint32_t ip = 0x1000; ///< where threads start
    static constexpr std::uint32_t window =
        L4_FP_WHOLE_SPACE | L4_RCV_MAP; ///< receive descriptor: a page anywhere

    /// Of root, as the embedder sees it.
    l4_utcb_t& utcb() {
        return *reinterpret_cast<l4_utcb_t*>(machine_.page(root_->task().utcb_frame(0)).data());
    }

    // --- message forms
    static sim::Ipc wait() { return {.receive = L4_RCV_OPEN}; }
    static sim::Ipc sleep(std::uint32_t timeout = L4_TIMEOUT_NEVER) {
        return {.receive = 0, .timeout = timeout};
    }

private:
    void feed_root();
    void root_runs();

    arch::Machine machine_;
    kern::Kernel kernel_;
    kern::Thread* root_;
    kern::Thread* current_;
};

} // namespace bench
