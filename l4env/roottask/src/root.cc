// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/root.h"

#include "l4/abi/fpage.h"
#include "l4/c/stdio.h"
#include "l4/sys/space.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"

namespace l4env::root {
namespace {

constexpr std::uint32_t default_slice_us = L4_SLICE_DEFAULT_US;

/// Calls f(first, log2) for each of the fewest aligned blocks, of 2^min to 2^max, that make up the range.
template <class F>
void for_blocks(std::uint32_t first, std::uint32_t count, std::uint32_t min, std::uint32_t max, F f) {
    while (count != 0) {
        std::uint32_t log2 = min;
        while (log2 < max && (first & ((2u << log2) - 1)) == 0 && count >> log2 > 1) ++log2;
        f(first, log2);
        first += 1u << log2;
        count -= 1u << log2;
    }
}

const char* refused(const l4_task_new_result_t& made, const Options& options) {
    if (made.code != L4_TASK_NEW_ENOMEM) return "the kernel refuses";
    const bool quota = options.kmem != 0 && options.kmem <= made.frames_free;
    return quota ? "its kmem= is too little for a task" : "the kernel has too little memory";
}

} // namespace

const char* Root::start(Text name, const Options& options, std::span<const std::byte> file, Text arguments,
                        Data data) {
    Task* const task = tasks_.create(name, options);
    if (task == nullptr) return "there is no task number or no room for it";
    Entry entry;
    const char* why = load(*task, file, arguments, pool_, memory_, entry);
    if (why == nullptr) why = give_data(*task, data, memory_);
    if (why == nullptr) {
        const l4_word_t create = l4_task_new_create(options.mcp, options.kmem);
        const l4_task_new_result_t made =
            l4_task_create(task->number, create, entry.esp, entry.eip, l4_root_pager());
        if (made.task.low == L4_NIL_LOW) why = refused(made, options);
    }
    if (why != nullptr) {
        reclaim(*task);
        return why;
    }
    const l4_threadid_t thread = l4_threadid(task->number, 0);
    l4_thread_schedule(thread, l4_sched_param_us(options.prio, default_slice_us));
    if (!options.service) ++running_;
    return nullptr;
}

std::uint32_t Root::keep_physical(const Options& options) {
    const std::span spans(options.physical.all, options.physical.count);
    for (const Span& s : spans)
        if (const std::uint32_t at = pool_.used(s.first, s.last)) return at;
    for (const Span& s : spans) pool_.keep(s.first, s.last);
    return 0;
}

void Root::end(Task& task, std::uint32_t code) {
    L4C(printf)("root: %s has ended, code %u\n", task.name, static_cast<unsigned>(code));
    if (!task.options.service) --running_;
    if (code != 0) ++failures_;
    l4_task_kill(task.number, l4_root_pager());
    reclaim(task);
}

/// Physical memory of the task's options, but not what another task may have as well: who of the two has
/// passed it on cannot be told.
void Root::take_back(const Task& task, std::uint32_t address, std::uint32_t log2) {
    const std::uint32_t last = address + ((1u << log2) - 1);
    bool met = false, covered = false;
    for (const Task& other : tasks_.all()) {
        if (other.number == 0 || &other == &task) continue;
        met |= other.options.physical.meet(address, last);
        covered |= other.options.physical.contain(address, last);
    }
    if (covered) return;
    if (!met) {
        l4_fpage_unmap(l4_fpage(address, log2, 0), L4_FP_FLUSH);
        return;
    }
    const std::uint32_t half = log2 - 1;
    take_back(task, address, half);
    take_back(task, address + (1u << half), half);
}

/// Everything that the task had is somebody's again. What it granted to others is taken from them, too.
void Root::reclaim(Task& task) {
    const auto unmap = [](std::uint32_t first, std::uint32_t bytes) {
        for_blocks(first, bytes, L4_PAGE_SHIFT, L4_SUPERPAGE_SHIFT, [](std::uint32_t at, std::uint32_t log2) {
            l4_fpage_unmap(l4_fpage(at, log2, 0), L4_FP_FLUSH);
        });
    };
    pool_.release(task.number, unmap);
    if (const Task::Mapped* const data = task.range_of(L4_ROOT_DATA_AT))
        unmap(data->frames, data->end - data->first);
    for (const Span& s : std::span(task.options.physical.all, task.options.physical.count))
        for_blocks(s.first, s.last - s.first + 1, L4_PAGE_SHIFT, L4_SUPERPAGE_SHIFT,
                   [&](std::uint32_t at, std::uint32_t log2) { take_back(task, at, log2); });
    for (const Span& s : std::span(task.options.ports.all, task.options.ports.count))
        for_blocks(s.first, s.last - s.first + 1, 0, L4_FP_IO_SIZE_MAX,
                   [](std::uint32_t at, std::uint32_t log2) {
                       l4_fpage_unmap(l4_io_fpage(at, log2, 0), L4_FP_FLUSH);
                   });
    for (std::uint32_t line = 0; line < Irqs::lines; ++line)
        if ((task.irqs >> line & 1) != 0) irqs_.hold(line);
    tasks_.remove(task);
}

} // namespace l4env::root
