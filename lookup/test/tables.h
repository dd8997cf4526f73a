// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "l4/lookup/task_array.h"
#include "l4/lookup/task_list.h"
#include "l4/lookup/version_hash.h"

namespace lookup {

using Entry = l4_lookup_entry;

/// The three tables behind one face, for tests and benchmarks that hold for all.

/// Variant A1.
class ListTable {
public:
    static constexpr l4_word_t key_mask = L4_LOOKUP_THREAD_MASK;
    ListTable() { l4_lookup_list_init(&table_); }
    Entry* find(l4_threadid_t id) const { return l4_lookup_list_find(&table_, id); }
    l4_lookup_result insert(Entry& e, l4_threadid_t id) { return l4_lookup_list_insert(&table_, &e, id); }
    Entry* remove(l4_threadid_t id) { return l4_lookup_list_remove(&table_, id); }
    Entry* next(const Entry* e) const { return l4_lookup_list_next(&table_, e); }
    l4_threadid_t name(l4_threadid_t id) { return id; }

private:
    l4_lookup_list table_;
};

/// Variant A2.  Its second arrays are from the heap, which refuses on demand.
class ArrayTable {
public:
    static constexpr l4_word_t key_mask = L4_LOOKUP_THREAD_MASK;
    ArrayTable() { l4_lookup_array_init(&table_, {get, put, this}); }
    ArrayTable(const ArrayTable&) = delete;
    ArrayTable& operator=(const ArrayTable&) = delete;
    ~ArrayTable() = default;
    Entry* find(l4_threadid_t id) const { return l4_lookup_array_find(&table_, id); }
    l4_lookup_result insert(Entry& e, l4_threadid_t id) { return l4_lookup_array_insert(&table_, &e, id); }
    Entry* remove(l4_threadid_t id) { return l4_lookup_array_remove(&table_, id); }
    Entry* next(const Entry* e) const { return l4_lookup_array_next(&table_, e); }
    l4_threadid_t name(l4_threadid_t id) { return id; }
    void refuse_memory(bool refuse) { refuse_ = refuse; }
    std::size_t second_arrays() const { return arrays_.size(); }

private:
    static l4_lookup_threads* get(void* context) {
        auto* const self = static_cast<ArrayTable*>(context);
        if (self->refuse_) return nullptr;
        // Not initialised: the table must not rely on what is in it.
        std::unique_ptr<l4_lookup_threads> threads(new l4_lookup_threads);
        l4_lookup_threads* const plain = threads.get();
        self->arrays_.emplace(plain, std::move(threads));
        return plain;
    }
    static void put(void* context, l4_lookup_threads* threads) {
        static_cast<ArrayTable*>(context)->arrays_.erase(threads);
    }
    l4_lookup_array table_;
    std::unordered_map<l4_lookup_threads*, std::unique_ptr<l4_lookup_threads>> arrays_;
    bool refuse_ = false;
};

/// Variant B with 2^bits buckets.
template <unsigned bits>
class HashTable {
public:
    static constexpr l4_word_t key_mask = ~0u;
    HashTable() { l4_lookup_hash_init(&table_, buckets_.data(), bits); }
    HashTable(const HashTable&) = delete;
    HashTable& operator=(const HashTable&) = delete;
    ~HashTable() = default;
    Entry* find(l4_threadid_t id) const { return l4_lookup_hash_find(&table_, id); }
    l4_lookup_result insert(Entry& e, l4_threadid_t id) { return l4_lookup_hash_insert(&table_, &e, id); }
    Entry* remove(l4_threadid_t id) { return l4_lookup_hash_remove(&table_, id); }
    Entry* next(const Entry* e) const { return l4_lookup_hash_next(&table_, e); }
    l4_threadid_t name(l4_threadid_t id) { return l4_lookup_hash_name(&table_, id); }
    const std::vector<l4_lookup_bucket>& buckets() const { return buckets_; }
    const l4_lookup_bucket& bucket_of(l4_threadid_t id) const {
        return buckets_[l4_lookup_hash_index(&table_, id.low)];
    }

protected:
    std::vector<l4_lookup_bucket> buckets_ = std::vector<l4_lookup_bucket>(1u << bits);

private:
    l4_lookup_hash table_;
};

} // namespace lookup
