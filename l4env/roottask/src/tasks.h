// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4/abi/limits.h"
#include "l4/roottask/protocol.h"
#include "l4env/roottask/src/elf.h"
#include "l4env/roottask/src/options.h"

namespace l4env::root {

/// A task that the root task has started.
struct Task {
    /// Addresses of its space, and the frames that are there, one after the other.
    struct Mapped {
        std::uint32_t first = 0, end = 0, frames = 0;
        bool write = false;
    };
    static constexpr std::size_t ranges_max = Program::most + 2; ///< stack and data, too

    std::uint16_t number = 0; ///< 0: this entry is free
    char name[L4_ROOT_NAME_MAX + 1] = {};
    Options options;
    Mapped ranges[ranges_max] = {};
    std::size_t range_count = 0;
    std::uint32_t used = 0;    ///< bytes of memory
    std::uint32_t data = 0;    ///< bytes of its boot module
    std::uint32_t numbers = 0; ///< task numbers that it was given
    std::uint32_t irqs = 0;    ///< bit n: it was given line n

    std::uint32_t left() const { return options.memory - used; }
    const Mapped* range_of(std::uint32_t address) const;
};

/// All tasks of the root task, and whose each task number is.
class Tasks {
public:
    static constexpr std::size_t most = 64;
    static constexpr std::uint16_t nobody = 0;

    /// A new task under the lowest free number; nullptr: there is no room.
    Task* create(Text name, const Options& options);
    void remove(Task& task);
    Task* find(std::uint16_t number);
    Task* find(Text name);
    std::span<Task> all() { return tasks_; } ///< free entries, too

    /// The lowest free number, which `owner` has then; 0: there is none.
    std::uint16_t take_number(std::uint16_t owner);
    std::uint16_t owner(std::uint32_t number) const { return number < L4_TASKS ? owners_[number] : nobody; }
    void free_number(std::uint16_t number) { owners_[number] = nobody; }
    /// All that `owner` has, its own too.
    void free_numbers_of(std::uint16_t owner);

private:
    Task tasks_[most];
    std::uint16_t owners_[L4_TASKS] = {}; ///< the task that a number was given to
};

} // namespace l4env::root
