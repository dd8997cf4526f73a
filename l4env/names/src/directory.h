// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>

#include "l4/abi/types.h"
#include "l4/names/names.h"

namespace l4env::names {

/// Names and whose they are. A name belongs to a task as long as that exists.
class Directory {
public:
    static constexpr std::size_t entries_max = 128, per_task_max = 16;

    /// Whether the thread exists.
    using Exists = bool (*)(l4_threadid_t thread);
    explicit Directory(Exists exists) : exists_(exists) {}

    /// Status. `thread` is of the task that asks.
    l4_word_t add(const char* name, std::size_t length, l4_threadid_t thread);
    l4_word_t remove(const char* name, std::size_t length, l4_threadid_t asker);
    l4_word_t find(const char* name, std::size_t length, l4_threadid_t& thread);

private:
    struct Entry {
        std::size_t length = 0; ///< 0: this entry is free
        char name[L4_NAMES_MAX] = {};
        l4_threadid_t thread{};
    };
    Entry* entry_of(const char* name, std::size_t length);
    Entry* free_entry();
    std::size_t count_of(l4_word_t task) const;

    const Exists exists_;
    Entry entries_[entries_max];
};

} // namespace l4env::names
