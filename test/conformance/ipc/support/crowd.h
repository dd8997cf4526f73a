// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <algorithm>
#include <deque>
#include <vector>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {

/// Many threads, to see that no queue is walked in one kernel entry. (The specification would take too long.)
class Crowd : private sim::Observer {
public:
    static constexpr Word size = 1000;
    static constexpr l4_threadid_t id(Word i) { return l4_threadid(5 + i / per_task, i % per_task); }

    UncheckedWorld world{World::bounded({.machine = {.kernel_pages = 1024}})};
    std::deque<Script> scripts;

    /// Starts `scripts`. From time `begin` on, watches how many of the threads stop waiting for `what` in one
    /// entry.
    void start(Time begin, For what) {
        what_ = what;
        for (Word i = 0; i < size; ++i)
            world.spawn(static_cast<std::uint16_t>(l4_id_task(id(i))),
                        static_cast<std::uint8_t>(l4_id_lthread(id(i))), scripts.at(i).body());
        world.spawn(L4_TASK_ROOT, 1, [this, begin](User u) -> Program {
            co_await until(u, begin);
            for (Word i = 0; i < size; ++i) threads_.push_back(world.find(id(i)));
            world.observe(*this);
        });
    }
    std::int64_t most_at_once() const { return most_; }

private:
    static constexpr Word per_task = 100;
    void after(sim::World&, const kern::Event&, const kern::Thread&) override {
        const std::int64_t now = std::count_if(
            threads_.begin(), threads_.end(), [&](const kern::Thread* t) { return t->wait().what == what_; });
        most_ = std::max(most_, waiting_ - now);
        waiting_ = now;
    }

    For what_{};
    std::vector<const kern::Thread*> threads_;
    std::int64_t waiting_ = 0, most_ = 0;
};

} // namespace conformance::ipc
