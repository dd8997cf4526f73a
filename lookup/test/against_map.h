// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "lookup/test/tables.h"

namespace lookup {

/// Does to a table and to a std::map what bytes say, four for each operation, and compares.
template <class Table>
class AgainstMap {
public:
    /// What differed first, and at which operation; empty if nothing did.
    std::string run(std::span<const std::uint8_t> bytes) {
        for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
            step(bytes[at], make_id(bytes[at + 1], bytes[at + 2], bytes[at + 3]));
            if (!difference_.empty()) return difference_ + " at operation " + std::to_string(at / 4);
        }
        compare_all();
        while (difference_.empty() && !map_.empty()) remove({map_.begin()->second->id, 0});
        if (difference_.empty()) compare_all();
        return difference_.empty() ? "" : difference_ + " at the end";
    }

private:
    using Map = std::map<l4_word_t, std::unique_ptr<Entry>>;

    /// Few tasks, mostly few threads and versions, so that operations meet; nil, invalid and task 0 among
    /// them.
    static l4_threadid_t make_id(std::uint8_t task, std::uint8_t thread, std::uint8_t version) {
        constexpr l4_word_t tasks[] = {0, 5, 6, 7, 8, 9, 2046, 2047};
        if (task == 255) return l4_invalid_id();
        l4_threadid_t id = l4_threadid(tasks[task % 8], thread < 128 ? thread % 4 : thread % 128);
        id.low |= (version % 8u) << L4_ID_VERSION_LOW_SHIFT | (version / 64u) << L4_ID_VERSION_HIGH_SHIFT;
        id.high = version * 0x01010101u; // of no matter to any table
        return id;
    }

    void step(std::uint8_t operation, l4_threadid_t id) {
        const bool no_memory = operation >= 192;
        switch (operation % 8) {
            case 0:
            case 1: insert(id, no_memory); break;
            case 2: insert(table_.name(id), no_memory); break;
            case 3: check_name(table_.name(id), id); break;
            case 4:
            case 5: remove(id); break;
            case 6: expect(table_.find(id) == known(id), "find"); break;
            default: compare_all(); break;
        }
    }

    void insert(l4_threadid_t id, bool no_memory) {
        if constexpr (requires { table_.refuse_memory(true); }) table_.refuse_memory(no_memory);
        auto entry = std::make_unique<Entry>(Entry{&stranger_, l4_threadid(5, 0).low});
        const l4_lookup_result expected = insert_result(id, no_memory);
        expect(table_.insert(*entry, id) == expected, "result of insert");
        if (expected == L4_LOOKUP_OK) map_[id.low & Table::key_mask] = std::move(entry);
        expect(table_.find(id) == known(id), "find after insert");
    }

    l4_lookup_result insert_result(l4_threadid_t id, bool no_memory) const {
        if (id.low == L4_INVALID_LOW || l4_id_task(id) == 0) return L4_LOOKUP_BAD_ID;
        if (known(id) != nullptr) return L4_LOOKUP_DUPLICATE;
        constexpr bool needs_memory = requires(Table t) { t.refuse_memory(true); };
        return needs_memory && no_memory && in_task(l4_id_task(id)) == 1 ? L4_LOOKUP_NO_MEMORY : L4_LOOKUP_OK;
    }

    void remove(l4_threadid_t id) {
        expect(table_.remove(id) == known(id), "remove");
        const auto removed = map_.extract(id.low & Table::key_mask); // freed when it has been looked for
        expect(table_.find(id) == nullptr, "find after remove");
    }

    void check_name(l4_threadid_t named, l4_threadid_t id) {
        expect(((named.low ^ id.low) & L4_LOOKUP_THREAD_MASK) == 0 && named.high == id.high, "name");
        if constexpr (requires { table_.buckets(); })
            expect(table_.bucket_of(named).entries == std::ranges::min(table_.buckets(), {}, entries).entries,
                   "length of the list that a name is for");
    }

    void compare_all() {
        std::size_t seen = 0;
        for (Entry* e = table_.next(nullptr); e != nullptr && seen <= map_.size(); e = table_.next(e)) {
            expect(known({e->id, 0}) == e, "next");
            ++seen;
        }
        expect(seen == map_.size(), "number of entries");
        for (const auto& [key, entry] : map_)
            expect(table_.find({entry->id, 0}) == entry.get(), "find of all");
        if constexpr (requires { table_.second_arrays(); })
            expect(table_.second_arrays() == crowded(), "memory");
        if constexpr (requires { table_.buckets(); }) compare_counts();
    }

    void compare_counts() {
        for (const l4_lookup_bucket& b : table_.buckets()) {
            l4_word_t length = 0;
            for (const Entry* e = b.first; e != nullptr; e = e->next) ++length;
            expect(length == b.entries, "count of a bucket");
        }
    }

    Entry* known(l4_threadid_t id) const {
        const auto found = map_.find(id.low & Table::key_mask);
        return found == map_.end() ? nullptr : found->second.get();
    }

    std::size_t in_task(l4_word_t task) const {
        return static_cast<std::size_t>(std::ranges::count_if(map_, [&](const auto& e) {
            return l4_id_task({e.first, 0}) == task;
        }));
    }

    /// Tasks with several entries.
    std::size_t crowded() const {
        std::map<l4_word_t, unsigned> entries_of;
        for (const auto& e : map_) ++entries_of[l4_id_task({e.first, 0})];
        return static_cast<std::size_t>(
            std::ranges::count_if(entries_of, [](const auto& e) { return e.second > 1; }));
    }

    static l4_word_t entries(const l4_lookup_bucket& b) { return b.entries; }

    void expect(bool ok, const char* what) {
        if (!ok && difference_.empty()) difference_ = what;
    }

    Entry stranger_{nullptr, l4_threadid(5, 1).low}; ///< left over in entries: never to be found
    Map map_;
    Table table_;
    std::string difference_;
};

} // namespace lookup
