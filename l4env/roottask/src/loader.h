// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4env/roottask/src/pool.h"
#include "l4env/roottask/src/tasks.h"

namespace l4env::root {

/// Physical memory as the root task sees it: one to one; in a test, somewhere else.
struct Memory {
    std::uintptr_t base = 0;
    std::span<std::byte> at(std::uint32_t physical, std::uint32_t bytes) const {
        return {reinterpret_cast<std::byte*>(base + physical), bytes};
    }
};

/// Where a loaded task begins.
struct Entry {
    std::uint32_t eip = 0, esp = 0;
};

/// A boot module as it lies in memory.
struct Data {
    std::uint32_t address = 0, bytes = 0;
};

/// The task has the module at L4_ROOT_DATA_AT, read-only, and its pages are the root task's to map. nullptr:
/// done.
const char* give_data(Task& task, Data data, const Memory& memory);

/// Puts the program into frames of the pool, with its stack and arguments, within the task's `memory`.
/// nullptr: done. Else why not; what was taken from the pool is still the task's.
const char* load(Task& task, std::span<const std::byte> file, Text arguments, Pool& pool,
                 const Memory& memory, Entry& entry);

} // namespace l4env::root
