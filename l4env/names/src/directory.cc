// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/names/src/directory.h"

#include <cstring>

namespace l4env::names {
namespace {

constexpr bool good(std::size_t length) { return length > 0 && length <= L4_NAMES_MAX; }

} // namespace

Directory::Entry* Directory::entry_of(const char* name, std::size_t length) {
    for (Entry& e : entries_)
        if (e.length == length && std::memcmp(e.name, name, length) == 0) return &e;
    return nullptr;
}

/// One whose thread is no more counts as free.
Directory::Entry* Directory::free_entry() {
    for (Entry& e : entries_)
        if (e.length == 0 || !exists_(e.thread)) return &e;
    return nullptr;
}

std::size_t Directory::count_of(l4_word_t task) const {
    std::size_t n = 0;
    for (const Entry& e : entries_) n += e.length != 0 && l4_id_task(e.thread) == task ? 1 : 0;
    return n;
}

l4_word_t Directory::add(const char* name, std::size_t length, l4_threadid_t thread) {
    if (!good(length)) return L4_NAMES_EINVAL;
    Entry* entry = entry_of(name, length);
    if (entry != nullptr && l4_id_task(entry->thread) != l4_id_task(thread) && exists_(entry->thread))
        return L4_NAMES_TAKEN;
    if (entry == nullptr) {
        if (count_of(l4_id_task(thread)) >= per_task_max) return L4_NAMES_FULL;
        entry = free_entry();
    }
    if (entry == nullptr) return L4_NAMES_FULL;
    entry->length = length;
    std::memcpy(entry->name, name, length);
    entry->thread = thread;
    return L4_NAMES_OK;
}

l4_word_t Directory::remove(const char* name, std::size_t length, l4_threadid_t asker) {
    Entry* const entry = good(length) ? entry_of(name, length) : nullptr;
    if (entry == nullptr) return L4_NAMES_NONE;
    if (l4_id_task(entry->thread) != l4_id_task(asker)) return L4_NAMES_TAKEN;
    *entry = {};
    return L4_NAMES_OK;
}

l4_word_t Directory::find(const char* name, std::size_t length, l4_threadid_t& thread) {
    Entry* const entry = good(length) ? entry_of(name, length) : nullptr;
    if (entry == nullptr) return L4_NAMES_NONE;
    if (!exists_(entry->thread)) {
        *entry = {};
        return L4_NAMES_NONE;
    }
    thread = entry->thread;
    return L4_NAMES_OK;
}

} // namespace l4env::names
