// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <optional>
#include "kern/account.h"
#include "kern/list.h"
#include "kern/map_db.h"
#include "kern/thread.h"
#include "l4/abi/utcb.h"

namespace kern {

/// An active task: an address space with the UTCBs of its threads, the threads in it, and the tasks made by
/// it. Occupies one frame; its account pays that, the two of its page directory, and six for the UTCBs.
/// Lifetime is the task tree: a task never outlives its chief.
class Task {
public:
    /// `nobody`, the idle thread, is in the place of each thread that it does not have.
    Task(TaskNo no, Task* chief, std::uint8_t nest, Thread& nobody) : chief_(chief), no_(no), nest_(nest) {
#pragma GCC unroll 32
        for (Thread*& t : threads_) t = &nobody;
    }

    TaskNo no() const { return no_; }
    Task* chief() const { return chief_; } ///< nullptr: the kernel
    std::uint8_t nest() const { return nest_; }
    bool dying() const { return dying_; }
    Account& account() const { return *account_; }
    bool owns_account() const { return own_account_.has_value(); }
    Space& space() { return space_; }
    const Space& space() const { return space_; }
    Thread* thread(std::uint8_t lthread) const { ///< nullptr: there is none
        Thread* const t = threads_[lthread];
        return t->idle() ? nullptr : t;
    }
    /// Thread 0 first, then the others in order of creation.
    const List<Thread, &Thread::present_link>& present() const { return present_; }

    /// A frame of the UTCB area: 32 UTCBs.
    PAddr utcb_frame(std::uint32_t index) const { return utcb_frames_[index]; }
    static constexpr std::uint32_t utcb_pages = L4_UTCB_AREA_SIZE / ia32::page_size;
    static constexpr std::uint32_t utcbs_per_page = ia32::page_size / L4_UTCB_SIZE;
    /// The UTCB of one of its threads.  Its owner may have written anything there: nothing in it is read
    /// twice.
    l4_utcb_t& utcb(std::uint8_t lthread) const {
        return utcbs_[lthread / utcbs_per_page][lthread % utcbs_per_page];
    }
    /// The id of one of its threads as the kernel tells it to users: the chief of an active task stays.
    l4_threadid_t reported(std::uint8_t lthread) const {
        return {reported_.low | std::uint32_t{lthread} << L4_ID_LTHREAD_SHIFT, reported_.high};
    }

    Link<Task> sibling_link{*this};
    List<Task, &Task::sibling_link> children; ///< active tasks whose chief it is, in order of creation

private:
    friend class Kernel;
    friend struct Layout;
    friend struct Saboteur;
    void enter(Thread& t) {
        threads_[t.lthread()] = &t;
        if (t.lthread() == 0)
            present_.push_front(t);
        else
            present_.push_back(t);
    }
    void leave(Thread& t, Thread& nobody) {
        threads_[t.lthread()] = &nobody;
        present_.remove(t);
    }

    Task* chief_;
    TaskNo no_;
    std::uint8_t nest_;
    // Four bytes that are 0 while it lives: assembly asks for them at once (Layout).
    alignas(std::uint32_t) bool dying_ = false; ///< being killed: takes no new threads, tasks and messages
    std::uint16_t numbers_returned_ = 0;        ///< killing: task numbers below this no longer belong to it
    Account* account_ = nullptr;                ///< its own, or an ancestor's
    std::optional<Account> own_account_;
    Space space_;
    std::array<PAddr, utcb_pages> utcb_frames_{}; ///< 0: not there
    std::array<l4_utcb_t*, utcb_pages> utcbs_{};  ///< the same, as the kernel sees them
    l4_threadid_t reported_{};                    ///< of its thread 0
    ClearJob clear_;                              ///< what is left of the space, when dying
    std::array<Thread*, L4_THREADS_PER_TASK> threads_;
    List<Thread, &Thread::present_link> present_;
};

} // namespace kern
