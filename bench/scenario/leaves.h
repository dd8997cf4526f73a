// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "arch/machine.h"
#include "ia32/paging.h"
#include "kern/account.h"
#include "kern/map_db.h"
#include "kern/scheduler.h"
#include "kern/thread.h"
#include "kern/timeout_queue.h"

namespace bench {

// Structures of the kernel taken by themselves, where a kernel entry around them would hide their share.

/// A thread leaves the ready queues and comes back at a tail, while `n` are ready with priorities all over.
class ReadyQueues {
public:
    explicit ReadyQueues(std::uint32_t n);
    ~ReadyQueues();
    void run();

private:
    std::deque<kern::Thread> threads_;
    kern::Thread idle_{nullptr, kern::ThreadId{}, kern::Prio{0}, 0};
    kern::Scheduler scheduler_{idle_};
    std::uint32_t random_ = 1;
};

/// Any one of `n` timeouts is disarmed and armed again.
class ArmDisarm {
public:
    explicit ArmDisarm(std::uint32_t n);
    void run();

protected:
    std::uint32_t random() { return random_ = random_ * 1664525 + 1013904223; }
    kern::Thread owner_;
    std::deque<kern::Timeout> timeouts_;
    kern::TimeoutQueue queue_;
    std::uint32_t random_ = 1;
};

/// The first of `n` expires and is armed again for later.
class Expire : public ArmDisarm {
public:
    using ArmDisarm::ArmDisarm;
    void run();
};

/// The mapping database alone maps a page and unmaps it, while `n` others are mapped.
class MapDbPage {
public:
    explicit MapDbPage(std::uint32_t n);
    ~MapDbPage();
    void run();

private:
    /// What must lie in kernel memory, because lists lead to it.
    struct Objects {
        kern::Space giver, taker;
        kern::UnmapJob unmap;
        kern::ClearJob clear;
    };
    static_assert(sizeof(Objects) <= ia32::page_size);
    void init(kern::Space& space, std::uint16_t task);
    void map(std::uint32_t from, std::uint32_t to);
    void unmap(std::uint32_t from);

    /// Of the giver, which has the first 4 MiB.
    static constexpr std::uint32_t measured_page = 0, other_page = 4096;
    static constexpr std::uint32_t measured_va = 0x08000000, other_va = 0x10000000; ///< of the taker
    arch::Machine machine_;
    kern::FramePool pool_;
    kern::Account account_;
    kern::MapDb db_;
    std::vector<kern::PAddr> frames_;
    kern::PAddr home_;
    Objects& objects_;
};

} // namespace bench
