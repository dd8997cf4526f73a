// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kdb/debugger.h"
#include "kern/task.h"
#include "l4/abi/limits.h"
#include "words.h"

namespace kdb {

// Each takes its words before it prints; if any are left, it does nothing, and `execute` says how it is
// called. threads.cc
void threads(const View& view, Output& out, Words& words);
void thread(const View& view, Output& out, Words& words);
void ready(const View& view, Output& out, Words& words);
void timeouts(const View& view, Output& out, Words& words);
void irqs(const View& view, Output& out, Words& words);
// tasks.cc
void tasks(const View& view, Output& out, Words& words);
void task(const View& view, Output& out, Words& words);
void counters(const View& view, Output& out, Words& words);
// memory.cc
void pages(const View& view, Output& out, Words& words);
void frame(const View& view, Output& out, Words& words);
void memory(const View& view, Output& out, Words& words);
// backtrace.cc
void backtrace(const View& view, Output& out, Words& words);

/// What a thread waits for, or does.
void put_state(Output& out, const kern::Thread& t);

template <class F>
void for_tasks(const kern::Kernel& kernel, F visit) {
    for (std::uint16_t n = 0; n < L4_TASKS; ++n)
        if (const kern::Task* const t = kernel.tasks().task(kern::TaskNo{n})) visit(*t);
}

/// The active task of that number; says so if there is none.
const kern::Task* find_task(const View& view, Output& out, std::uint32_t number);
/// The one that the next word names.
const kern::Task* active_task(const View& view, Output& out, Words& words);
/// The word of a task's memory at `va`, if it is mapped.
std::optional<std::uint32_t> user_word(const View& view, const kern::Task& task, std::uint32_t va);

} // namespace kdb
