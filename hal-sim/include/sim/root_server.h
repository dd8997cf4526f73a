// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "sim/program.h"
#include "sim/results.h"
#include "sim/spawn.h"

namespace sim {

class World;

/// The root task of a World: starts threads on the test's behalf and is their pager.  It uses system calls
/// like any program; an interrupt is the bell that tells it of new requests.
///
/// Pager: a page that a child touches becomes a page from sigma0, mapped writable at that address and for
/// good.
class RootServer {
public:
    static constexpr unsigned bell = 15;                  ///< interrupt line
    static constexpr std::uint32_t heap = 0x40000000;     ///< where root holds its children's pages
    static constexpr std::uint32_t heap_end = 0x80000000; ///< as far as sigma0's memory lasts

    explicit RootServer(World& world);

    /// Queues a request; true: root has to be told by the bell.
    bool request(const Spawn& spawn);
    /// The page at `va` of `task` shall be the same as that at `other_va` of `other`; before either is
    /// touched.
    void share(std::uint16_t task, std::uint32_t va, std::uint16_t other, std::uint32_t other_va);
    Program run(User u);
    /// Requests that a system call refused.
    unsigned failures() const { return failures_; }

private:
    using Page = std::pair<std::uint16_t, std::uint32_t>; ///< task and page address
    Routine<int> drain(User u);
    Routine<bool> start(User u, const Spawn& s);
    Routine<std::uint32_t> backing(User u, Page page);
    Program start_others(User u);

    World& world_;
    Entry park_, starter_;
    std::deque<Spawn> queue_;
    std::map<std::uint16_t, std::deque<Spawn>> others_; ///< threads 1.. that each new task starts itself
    std::set<std::uint16_t> asked_, started_; ///< tasks: thread 0 is in the queue; was started at least once
    std::map<Page, Page> shared_;
    std::map<Page, std::uint32_t> pages_; ///< where root has them
    std::uint32_t next_ = heap;
    bool waiting_ = false;
    unsigned failures_ = 0;
};

} // namespace sim
