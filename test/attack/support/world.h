// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <algorithm>
#include <cstdint>

#include "l4/abi/limits.h"
#include "l4/abi/types.h"
#include "sim/world.h"
#include "test/support/watched_world.h"

namespace attack {

using kern::Line;
using kern::Micros;
using sim::Program;
using sim::User;
using Word = std::uint32_t;
using For = kern::Wait::For;

/// Tasks of a scene, all made by root.
inline constexpr l4_threadid_t root = l4_threadid(L4_TASK_ROOT, 0), sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);
inline constexpr l4_threadid_t a = l4_threadid(5, 0), b = l4_threadid(6, 0), c = l4_threadid(7, 0),
                               d = l4_threadid(8, 0);

/// The smallest bounds: every long operation takes as many kernel entries as it can.
inline constexpr kern::Limits tiny{1, 1, 1, 1, 1};

using Watched = test::WatchedWorld;

/// An interrupt that comes after every kernel entry but those of its own thread: whoever has attached the
/// line runs between any two entries of a long operation, if its priority allows.  Counts how long it has to
/// wait.
class Drumfire : private sim::Observer {
public:
    static constexpr Line line{3};
    explicit Drumfire(sim::World& w) { w.observe(*this); }
    void begin() { on_ = true; }
    void end() { on_ = false; }
    std::uint64_t longest() const { return longest_; } ///< kernel entries from an interrupt to its thread
    std::uint64_t shots() const { return shots_; }     ///< interrupts that were received

private:
    static const kern::Thread* owner(sim::World& w) { return w.kernel().irqs()[line].owner; }
    void before(sim::World& w, const kern::Event&, const kern::Thread& running) override {
        own_ = owner(w) == &running;
    }
    void after(sim::World& w, const kern::Event& event, const kern::Thread& next) override {
        if (raised_ != 0 && owner(w) == &next) {
            longest_ = std::max(longest_, w.events() - raised_);
            ++shots_;
            raised_ = 0;
        }
        if (!on_ || own_ || raised_ != 0 || event.kind == kern::Event::Kind::irq) return;
        if (owner(w) == nullptr || owner(w)->ready()) return;
        raised_ = w.events();
        w.at(w.now(), line);
    }
    bool on_ = false, own_ = false;
    std::uint64_t raised_ = 0, longest_ = 0, shots_ = 0;
};

/// Sleeps until that time; not at all if it is over.
inline sim::Routine<int> until(User u, std::uint64_t when) {
    while (u.now().raw() < when) co_await u.sleep(sim::receive_timeout(Micros{when - u.now().raw()}));
    co_return 0;
}

/// task_new that deletes: the number goes back to root.
constexpr sim::TaskNew deletion(l4_threadid_t task) { return {.task = task, .mcp_or_chief = root.low}; }

/// What the account of a task has spent.
inline std::uint32_t spent(sim::World& w, l4_threadid_t who) {
    return w.kernel().tasks().task(kern::ThreadId::of(who).task)->account().used();
}
inline bool exists(sim::World& w, l4_threadid_t who) {
    return w.kernel().tasks().task(kern::ThreadId::of(who).task) != nullptr;
}

} // namespace attack
