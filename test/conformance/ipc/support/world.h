// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "abi/test/abi_row.h"
#include "kern/task.h"
#include "test/conformance/support/limits.h"
#include "test/conformance/support/world.h"

namespace conformance::ipc {

using For = kern::Wait::For;
using sim::Ipc;
using sim::IpcResult;
using sim::receive_timeout;
using sim::send_timeout;
using Word = std::uint32_t;
using Time = std::uint64_t; ///< of the world, in microseconds

/// Has root start a thread there; `how` has its other properties.
void start_thread(sim::World& w, l4_threadid_t who, sim::Body body, sim::Spawn how = {});

/// A world of that sort, with the bounds of this program.
template <class Base>
class Scenes : public Base {
public:
    explicit Scenes(sim::WorldConfig config = {}) : Base(bounded(config)) {}

    void start(l4_threadid_t who, sim::Body body, sim::Spawn how = {}) {
        start_thread(*this, who, std::move(body), how);
    }
    struct Role {
        l4_threadid_t who{};
        sim::Body body{};
        sim::Spawn how{};
    };
    /// Starts these threads in this order, and runs until nothing runs any more.
    void play(std::vector<Role> cast) {
        for (Role& role : cast) start(role.who, std::move(role.body), role.how);
        this->run();
    }
    /// Has a thread of root make that one system call, and runs until nothing runs any more.
    template <class C>
    typename C::Result as_root(const C& what) {
        typename C::Result result{};
        this->spawn(L4_TASK_ROOT, next_root_thread_++, [&](User u) -> Program { result = co_await u(what); });
        this->run();
        return result;
    }

    const kern::Thread& thread(l4_threadid_t id) const { return *this->find(id); }
    For state(l4_threadid_t id) const { return thread(id).wait().what; }
    std::optional<kern::MapDb::Page> page(l4_threadid_t of, Word at) {
        return this->kernel().map_db().page(thread(of).task().space(), kern::VAddr{at});
    }

    static sim::WorldConfig bounded(sim::WorldConfig config) {
        config.limits = limits;
        return config;
    }

private:
    std::uint8_t next_root_thread_ = 2;
};

/// A world that is compared with the specification after each event.
using World = Scenes<conformance::World>;

/// task_new that deletes: the number goes back to root.
constexpr sim::TaskNew deletion(l4_threadid_t task) { return {.task = task, .mcp_or_chief = root.low}; }

/// As the kernel reports a thread of a task that root has made.
constexpr l4_threadid_t from_root(l4_threadid_t id) { return {id.low, L4_TASK_ROOT << L4_ID_CHIEF_SHIFT}; }

/// 8 MiB of memory, and thread 1 of sigma0 runs this program, beside the usual one of thread 0.
sim::WorldConfig with_sigma0_thread(sim::Body body);

/// Sleeps until that time; not at all if it is over.
sim::Routine<int> until(User u, Time when);

} // namespace conformance::ipc
