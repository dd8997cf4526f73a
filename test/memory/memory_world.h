// SPDX-License-Identifier: BSD-2-Clause
// The memory subsystem on a simulated machine, without threads.
#pragma once
#include <cstdint>
#include <map>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "arch/machine.h"
#include "kern/map_db.h"
#include "l4/abi/utcb.h"

namespace test {

/// Lives in one frame of the machine, as kernel objects do.
template <class T>
class InFrame {
public:
    template <class... Args>
    explicit InFrame(kern::FramePool& pool, Args&&... args) : pool_(pool), frame_(*pool.take()) {
        static_assert(sizeof(T) <= 4096);
        object_ = new (pool.at<std::byte>(frame_)) T(std::forward<Args>(args)...);
    }
    InFrame(const InFrame&) = delete;
    InFrame& operator=(const InFrame&) = delete;
    ~InFrame() {
        object_->~T();
        pool_.give(frame_);
    }
    T& operator*() const { return *object_; }
    T* operator->() const { return object_; }

private:
    kern::FramePool& pool_;
    kern::PAddr frame_;
    T* object_;
};

/// Some spaces with the accounts that pay for them.
class MemoryWorld {
public:
    static constexpr std::uint32_t frames = 2048, desk_frames = 64;
    static constexpr kern::PAddr first = arch::Memory::kernel_base;

    MemoryWorld()
        : machine({.user_pages = 1, .kernel_pages = frames + desk_frames}),
          pool(machine, first, frames),
          desk(machine, first + frames * 4096, desk_frames),
          db(machine, pool) {}

    ~MemoryWorld() { close_all(); }

    kern::Account& open_account(std::uint16_t owner, std::uint32_t limit) {
        return accounts_.try_emplace(owner, pool, limit).first->second;
    }
    kern::Account& account(std::uint16_t owner) { return accounts_.at(owner); }
    /// Its directory and shadow are paid by the account.
    void open_space(std::uint16_t task, std::uint16_t account_of) {
        kern::Account& a = account(account_of);
        kern::Space& space = *spaces_.try_emplace(task, desk).first->second;
        db.init(space, *a.take_frame(), *a.take_frame(), a, kern::TaskNo{task});
    }
    kern::Space& space(std::uint16_t task) { return *spaces_.at(task); }
    /// Pages that the kernel keeps in it, as those of the UTCBs in a task's; paid by the account.
    void add_utcbs(std::uint16_t task) {
        kern::Space& s = space(task);
        for (std::uint32_t at = L4_UTCB_AREA; at < L4_UTCB_AREA + L4_UTCB_AREA_SIZE; at += 4096) {
            const kern::PAddr frame = *s.account().take_frame();
            utcbs_[task].push_back(frame);
            kern::ensure(db.fix(s, kern::VAddr{at}, {&frame, 1}, kern::Access::write).ok(),
                         "no memory for UTCBs");
        }
    }

    /// Of an empty space.
    void close_space(std::uint16_t task) {
        kern::Space& s = space(task);
        kern::Account& a = s.account();
        const kern::PAddr directory = s.directory(), shadow = s.shadow();
        db.retire(s);
        for (const kern::PAddr frame : utcbs_[task]) a.give_frame(frame);
        utcbs_.erase(task);
        a.give_frame(directory);
        a.give_frame(shadow);
        spaces_.erase(task);
    }
    /// Clears what is left and ensures that nothing is.
    void close_all() {
        while (!spaces_.empty()) {
            const std::uint16_t task = spaces_.begin()->first;
            clear(task);
            db.check();
            if (db.active(space(task))) db.activate(*other());
            close_space(task);
        }
        for (auto& [owner, account] : accounts_) release(account);
        accounts_.clear();
    }
    void clear(std::uint16_t task) {
        InFrame<kern::ClearJob> job(desk);
        job->start(space(task));
        run(*job);
    }
    template <class Job>
    kern::Progress run(Job& job, std::uint32_t at_once = ~0u) {
        for (;;) {
            kern::Steps steps(at_once);
            const kern::Progress progress = db.run(job, steps);
            if (progress != kern::Progress::more) return progress;
        }
    }
    kern::Progress map(std::uint16_t from, std::uint16_t to, std::uint32_t fpage, std::uint32_t base,
                       std::uint32_t window = L4_FP_WHOLE_SPACE, std::uint32_t at_once = ~0u) {
        InFrame<kern::MapJob> job(desk, space(from), space(to), fpage, base, window);
        const kern::Progress progress = run(*job, at_once);
        received = job->received();
        return progress;
    }
    std::uint32_t unmap(std::uint16_t task, std::uint32_t fpage, std::uint32_t mask,
                        std::uint32_t at_once = ~0u) {
        InFrame<kern::UnmapJob> job(desk);
        job->start(space(task), fpage, mask);
        run(*job, at_once);
        return job->status();
    }
    bool fault(std::uint16_t task, std::uint32_t va) {
        return db.sigma0_fault(space(task), kern::VAddr{va}).ok();
    }
    std::optional<kern::MapDb::Page> page(std::uint16_t task, std::uint32_t va) {
        return db.page(space(task), kern::VAddr{va});
    }

    arch::Machine machine;
    kern::FramePool pool; ///< what accounts spend
    kern::FramePool desk; ///< what the harness keeps its objects in
    kern::MapDb db;
    bool received = false; ///< by the last map()

private:
    /// A space that nobody needs, to be active instead of one that goes; it is left as it is.
    kern::Space* other() {
        if (!idle_) {
            idle_ = new (desk.at<std::byte>(*desk.take())) kern::Space;
            kern::Account& a = open_account(0, 2);
            db.init(*idle_, *a.take_frame(), *a.take_frame(), a, kern::TaskNo{0});
        }
        return idle_;
    }
    static void release(kern::Account& account) {
        kern::Steps steps(~0u);
        account.release(steps);
        const std::uint32_t idle = account.limit() == 2 ? 2 : 0;
        kern::ensure(account.used() == idle, "memory leaked");
        account.unreserve(idle);
    }

    std::map<std::uint16_t, kern::Account> accounts_;
    std::map<std::uint16_t, InFrame<kern::Space>> spaces_;
    std::map<std::uint16_t, std::vector<kern::PAddr>> utcbs_;
    kern::Space* idle_ = nullptr;
};

} // namespace test
