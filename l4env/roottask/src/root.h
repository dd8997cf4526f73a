// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4/abi/types.h"
#include "l4/abi/utcb.h"
#include "l4env/roottask/src/irqs.h"
#include "l4env/roottask/src/loader.h"
#include "l4env/roottask/src/pool.h"
#include "l4env/roottask/src/tasks.h"

namespace l4env::root {

/// What a pager answers: flexpages, or two words.
struct PagerAnswer {
    static constexpr std::size_t more_max = 3;
    l4_word_t w0 = 0, w1 = 0;
    std::array<l4_word_t, more_max> more{}; ///< further ports, each a flexpage
    std::size_t more_count = 0;
    bool map = false;
    bool none = false; ///< the task is gone
};

/// A request to the service, and its answer.
struct ServiceCall {
    l4_threadid_t client{};
    l4_word_t request = 0, argument = 0;
    Text text;
    l4_word_t status = 0, value = 0;
    bool none = false; ///< there is nobody to answer
};

/// The root task: starts tasks, is their pager, hands out what they may have, and ends them. One thread calls
/// it.
class Root {
public:
    /// `info`: where the root task has the kernel info page; 0: nowhere.
    Root(Pool& pool, Memory memory, std::uint32_t info) : pool_(pool), memory_(memory), info_(info) {}

    /// nullptr: it runs. Else why not, and nothing is left of it. `data`: what it may read.
    const char* start(Text name, const Options& options, std::span<const std::byte> file, Text arguments,
                      Data data = {});
    /// The physical memory of a task is kept from others, before any starts. 0: done. Else where memory in
    /// use is among it.
    std::uint32_t keep_physical(const Options& options);

    /// `state`: what came with the message, for a page fault too; its trapno is 0 if nothing did.
    PagerAnswer page(l4_threadid_t client, l4_word_t w0, l4_word_t w1, const l4_utcb_state_t& state);
    void serve(ServiceCall& call);

    Irqs& irqs() { return irqs_; }
    /// Tasks that are to end, and have not yet.
    std::uint32_t running() const { return running_; }
    /// Tasks that ended with another code than 0.
    std::uint32_t failures() const { return failures_; }

private:
    PagerAnswer request(Task& task, l4_word_t w0, l4_word_t w1);
    PagerAnswer fault(Task& task, l4_word_t w0, l4_word_t eip);
    PagerAnswer port_fault(Task& task, l4_word_t w0, l4_word_t eip);
    PagerAnswer own_page(const Task& task, l4_word_t w0);
    PagerAnswer ports(const Task& task, l4_word_t w0);
    PagerAnswer block(Task& task, std::uint32_t log2);
    PagerAnswer physical(const Task& task, std::uint32_t address, std::uint32_t log2);
    PagerAnswer exception(Task& task, const l4_utcb_state_t& state);
    l4_word_t serve_task(Task& task, ServiceCall& call);
    l4_word_t give_number(Task& task, l4_word_t& value);
    l4_word_t take_number(Task& task, l4_word_t number);
    l4_word_t give_irq(Task& task, l4_word_t line);
    l4_word_t take_irq(Task& task, l4_word_t line);
    l4_word_t kill(Task& task, l4_word_t number);
    void end(Task& task, std::uint32_t code);
    void reclaim(Task& task);
    void take_back(const Task& task, std::uint32_t address, std::uint32_t log2);

    Pool& pool_;
    const Memory memory_;
    const std::uint32_t info_;
    Tasks tasks_;
    Irqs irqs_;
    std::uint32_t running_ = 0, failures_ = 0;
};

} // namespace l4env::root
