// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/frame_pool.h"
#include "kern/limits.h"
#include "kern/result.h"
#include "kern/slab.h"
#include "l4/abi/limits.h"

namespace kern {

/// The kernel memory that a task, and the tasks that share its account, may cause to exist.
///
/// Counts frames up to a limit and hands out raw storage; whoever takes a frame or a slot constructs in it,
/// destroys and gives it back to the same account.  The limits of all accounts together are at most the pool,
/// so one account can not exhaust another's.  Never blocks, never reclaims.
class Account {
public:
    Account(FramePool& pool, std::uint32_t limit) : pool_(pool), limit_(limit) {}
    ~Account() { ensure(used_ == 0, "an account was destroyed while memory was out"); }
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    Result<PAddr> take_frame(Fill full_of = Fill::zeros) {
        return pay([&] { return pool_.take(full_of); });
    }
    void give_frame(PAddr frame);
    void give_frame(PAddr frame, Fill full_of); ///< that it is full of again
    /// One with arbitrary contents, or of FramePool::take_table().
    Result<PAddr> take_any_frame();
    Result<PAddr> take_table(std::uint32_t first);

    /// Pays for a frame that came from the pool before there was this account, or does so no longer.
    Status adopt_frame() { return reserve(1); }
    void disown_frame() { unreserve(1); }

    /// Frames that leave for an account carved out of this one, and come back when it is released.
    Status reserve(std::uint32_t frames);
    void unreserve(std::uint32_t frames);

    /// A slot for a Thread (at most thread_slot bytes, aligned to 64) or a MapNode.
    Result<void*> take_thread() { return threads_.take(*this, pool_); }
    void give_thread(void* slot);
    bool has_thread() const { return threads_.has_slot(pool_); }
    Result<void*> take_node() { return nodes_.take(*this, pool_); }
    bool has_node() const { return nodes_.has_slot(pool_); }
    void give_node(void* slot) { nodes_.give(pool_, slot); }

    /// Returns the slabs' frames, one a step.  Every slot was given back; what remains used are frames and
    /// reservations. False: there are more.
    bool release(Steps& steps);

    std::uint32_t limit() const { return limit_; }
    std::uint32_t used() const { return used_; }
    std::uint32_t free() const { return limit_ - used_; }
    std::uint32_t thread_frames() const { return threads_.frames(); }
    std::uint32_t node_frames() const { return nodes_.frames(); }
    std::uint32_t nodes() const { return nodes_.used(); }
    std::uint32_t threads() const { return threads_.used(); }
    FramePool& pool() { return pool_; }

    static constexpr std::uint32_t thread_slot = 1344, node_slot = 32;

private:
    friend struct Saboteur; // tests that break an invariant to see it caught
    template <class Take>
    Result<PAddr> pay(const Take& take) {
        if (used_ == limit_) return Err::no_memory;
        const PAddr frame = KTRY(take());
        ++used_;
        return frame;
    }
    FramePool& pool_;
    const std::uint32_t limit_;
    std::uint32_t used_ = 0;
    Slab threads_{{thread_slot, 4096 - L4_KMEM_THREADS_PER_FRAME* thread_slot, L4_KMEM_THREADS_PER_FRAME}};
    Slab nodes_{{node_slot, node_slot, L4_KMEM_NODES_PER_FRAME}};
};
static_assert(Account::node_slot * (L4_KMEM_NODES_PER_FRAME + 1) == 4096);
static_assert(4096 - L4_KMEM_THREADS_PER_FRAME * Account::thread_slot == 64,
              "thread slots are aligned to 64");

} // namespace kern
