// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "l4/abi/types.h"
#include "test/lockstep/dice.h"
#include "test/support/lockstep.h"

namespace test {

/// Where a trace takes place: the few threads, pages, lines, priorities that it keeps coming back to, so that
/// things meet, and now and then something far away from all of them.
class Scene {
public:
    Scene(Dice& dice, const Lockstep& lockstep);

    /// Reads again who exists.  Before each action.
    void refresh();

    const kern::Thread& self() const { return on_.current(); }
    const std::vector<const kern::Thread*>& threads() const { return threads_; }

    bool lonely() const; ///< nobody will run when the running thread waits for ever

    l4_threadid_t thread();  ///< any id: mostly of a thread, maybe dead, gone, nobody, an interrupt
    l4_threadid_t partner(); ///< likewise, but rather somebody who has to do with the running thread
    l4_threadid_t pager();
    std::uint32_t task();
    std::uint32_t own_task() const { return self().task_no().raw(); }
    std::uint32_t lthread();
    std::uint32_t line();
    std::uint32_t prio();
    std::uint32_t page();    ///< a multiple of 4096
    std::uint32_t address(); ///< within such a page, of anything
    std::uint32_t buffer();  ///< a multiple of 4, where a message fits, or not quite
    std::uint32_t message(); ///< rather such a buffer in which somebody has composed one
    void composed(std::uint32_t at) { messages_[next_message_++ % messages_.size()] = at; }
    std::uint32_t fpage(); ///< any flexpage word
    std::uint32_t window();
    std::uint32_t timeouts();
    /// Another spelling of the same id: version, site, chief and nest do not matter.
    l4_threadid_t disguise(l4_threadid_t id);

    static const std::vector<std::uint32_t>& pages();

private:
    const kern::Thread* related();

    Dice& dice_;
    const Lockstep& on_;
    std::vector<const kern::Thread*> threads_;
    std::vector<std::uint32_t> tasks_, lthreads_, lines_, prios_, pages_;
    unsigned finite_; ///< percent of timeouts
    std::array<std::uint32_t, 4> messages_{};
    std::size_t next_message_ = 0;
};

} // namespace test
