// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "bench/scenario/crowd.h"
#include "bench/scenario/system.h"

namespace bench {

/// id_nearest for one of `n` threads, in no order.
class IdNearest {
public:
    explicit IdNearest(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd crowd_;
    std::uint32_t next_ = 0;
};

/// A thread yields to the next of `n` that are ready with the same priority.
class Yield {
public:
    explicit Yield(std::uint32_t n);
    void run() { system_.call(sim::ThreadSwitch{}); }

private:
    System system_;
    Crowd crowd_;
};

/// A thread makes 127 others, in its task or in another of which it is the pager, while `n` exist.
class NewThreads {
public:
    explicit NewThreads(std::uint32_t n, Target where = Target::in_own_task);
    void prepare();
    void run();
    std::uint32_t items() const { return made; }

private:
    static constexpr std::uint32_t made = L4_THREADS_PER_TASK - 1;
    const Target where_;
    bool prepared_ = false;
    System system_;
    Crowd crowd_;
};

/// A task is made and killed at once, while `n` threads exist.
class NewTask {
public:
    explicit NewTask(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd crowd_;
};

/// A task is killed, and with it the tasks that it made: `n` threads in all.  step() does one kernel entry of
/// it.
class KillClan {
public:
    explicit KillClan(std::uint32_t n, const kern::Limits& limits = {},
                      std::uint32_t threads_per_task = L4_THREADS_PER_TASK);
    void prepare();
    bool step();
    void run() {
        while (step()) {
        }
    }
    std::uint32_t items() const { return n_; }

private:
    const std::uint32_t n_, per_task_;
    System system_;
};

/// A task with one thread is killed, for which `n` senders wait.
class KillReceiver {
public:
    explicit KillReceiver(std::uint32_t n, const kern::Limits& limits = {});
    void prepare();
    bool step();
    void run() {
        while (step()) {
        }
    }
    std::uint32_t items() const { return static_cast<std::uint32_t>(senders_.size()); }

private:
    System system_;
    Crowd senders_;
};

} // namespace bench
