// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/threads.h"

#include <algorithm>

#include "kern/ensure.h"

namespace bench {
namespace {

constexpr std::uint16_t victim = 100; ///< the task that comes and goes; of a clan, its chief

/// Root has the task killed, and keeps its number.
sim::TaskNew kill(System& system) {
    return {.task = l4_threadid(victim, 0), .mcp_or_chief = System::id(system.root()).low};
}

/// One kernel entry of the killing of the victim by root.
bool kill_step(System& system) {
    if (system.current().in_kernel())
        system.resume();
    else
        system.call(kill(system));
    return system.current().in_kernel();
}

bool gone(System& system) { return system.kernel().tasks().task(kern::TaskNo{victim}) == nullptr; }

} // namespace

IdNearest::IdNearest(std::uint32_t n) : system_({.threads = n}), crowd_(system_, n, Crowd::State::waiting) {
    run();
    kern::ensure(system_.current().frame.eax == L4_NC_INNER_CLAN, "bench: the id is found");
}

void IdNearest::run() {
    next_ = next_ * 1664525 + 1013904223;
    system_.call(sim::IdNearest{.id = System::id(crowd_[(next_ >> 8) % crowd_.size()])});
}

Yield::Yield(std::uint32_t n) : system_({.threads = n}), crowd_(system_, n, Crowd::State::ready) {
    run();
    kern::ensure(&system_.current() != &system_.root(), "bench: another one runs");
}

NewThreads::NewThreads(std::uint32_t n, Target where)
    : where_(where), system_({.threads = n + made}), crowd_(system_, n, Crowd::State::asleep) {
    prepare();
}

void NewThreads::prepare() {
    if (prepared_) {
        system_.back();
        system_.kill_task(victim);
    }
    prepared_ = true;
    kern::Thread& first = system_.new_task(victim);
    if (where_ == Target::in_own_task) system_.as(first);
}

void NewThreads::run() {
    const std::uint32_t task = where_ == Target::in_own_task ? 0 : victim << L4_EX_REGS_TASK_SHIFT;
    for (std::uint32_t l = 1; l <= made; ++l)
        system_.call(
            sim::ExRegs{.target = task | l, .esp = 0, .eip = System::ip, .pager = {}, .preempter = {}});
}

NewTask::NewTask(std::uint32_t n) : system_({.threads = n}), crowd_(system_, n, Crowd::State::asleep) {
    run();
}

void NewTask::run() {
    system_.new_task(victim);
    system_.kill_task(victim);
}

KillClan::KillClan(std::uint32_t n, const kern::Limits& limits, std::uint32_t threads_per_task)
    : n_(n),
      per_task_(threads_per_task),
      system_({.threads = n * (L4_THREADS_PER_TASK / threads_per_task), .limits = limits}) {
    prepare();
    kern::ensure(!gone(system_), "bench: the clan is there");
    run();
    kern::ensure(gone(system_), "bench: the clan is gone");
}

/// Root gives numbers to the victim, which makes the tasks, which fill themselves with threads.
void KillClan::prepare() {
    constexpr std::uint16_t first = victim + 1;
    const auto below = static_cast<std::uint16_t>((n_ - 1) / per_task_);
    kern::Thread& chief = system_.new_task(victim);
    for (std::uint16_t k = 0; k < below; ++k)
        system_.call(sim::TaskNew{.task = l4_threadid(first + k, 0), .mcp_or_chief = System::id(chief).low});
    std::vector<kern::Thread*> firsts;
    system_.as(chief);
    for (std::uint16_t k = 0; k < below; ++k) firsts.push_back(&system_.new_task(first + k));
    fill_task(system_, std::min(n_, per_task_) - 1);
    system_.back();
    std::uint32_t left = n_ - std::min(n_, per_task_);
    for (kern::Thread* const t : firsts) {
        system_.as(*t);
        fill_task(system_, std::min(left, per_task_) - 1);
        system_.back();
        left -= std::min(left, per_task_);
    }
}

bool KillClan::step() { return kill_step(system_); }

KillReceiver::KillReceiver(std::uint32_t n, const kern::Limits& limits)
    : system_({.threads = n, .limits = limits}), senders_(system_, n, Crowd::State::ready) {
    prepare();
    run();
    kern::ensure(gone(system_) && senders_[0].frame.eax == L4_IPC_ENOT_EXISTENT,
                 "bench: the receiver is gone");
}

void KillReceiver::prepare() {
    kern::Thread& receiver = system_.new_task(victim);
    for (kern::Thread* const t : senders_)
        system_.park(*t, sim::Ipc{.partner = System::id(receiver), .send = 0});
}

bool KillReceiver::step() { return kill_step(system_); }

} // namespace bench
