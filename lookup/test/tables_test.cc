// SPDX-License-Identifier: BSD-2-Clause
#include "lookup/test/tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace lookup {
namespace {

/// With something left over in it, as memory has.
Entry unlinked() {
    static Entry stranger{nullptr, l4_threadid(5, 1).low};
    return {&stranger, l4_threadid(5, 0).low};
}

l4_threadid_t with_version(l4_threadid_t id, l4_word_t version) {
    id.low |= version;
    return id;
}

template <class Table>
class Lookup : public testing::Test {
protected:
    Table table;
};
using Tables = testing::Types<ListTable, ArrayTable, HashTable<0>, HashTable<10>>;
TYPED_TEST_SUITE(Lookup, Tables);

TYPED_TEST(Lookup, FindsNothingInAnEmptyTable) {
    EXPECT_EQ(this->table.find(l4_threadid(5, 0)), nullptr);
    EXPECT_EQ(this->table.find(l4_nil_id()), nullptr);
    EXPECT_EQ(this->table.find(l4_invalid_id()), nullptr);
    EXPECT_EQ(this->table.remove(l4_threadid(5, 0)), nullptr);
    EXPECT_EQ(this->table.next(nullptr), nullptr);
}

TYPED_TEST(Lookup, FindsTheThreadsOfATaskAndNoOthers) {
    std::array<Entry, 4> e;
    e.fill(unlinked());
    const l4_threadid_t ids[] = {l4_threadid(5, 0), l4_threadid(5, 127), l4_threadid(6, 0),
                                 l4_threadid(2047, 64)};
    for (std::size_t i = 0; i < 4; ++i) ASSERT_EQ(this->table.insert(e[i], ids[i]), L4_LOOKUP_OK);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(this->table.find(ids[i]), &e[i]);
    EXPECT_EQ(this->table.find(l4_threadid(5, 1)), nullptr);
    EXPECT_EQ(this->table.find(l4_threadid(2047, 0)), nullptr);
    EXPECT_EQ(this->table.find(l4_threadid(7, 0)), nullptr);
}

TYPED_TEST(Lookup, TheOnlyThreadOfATaskNeedNotBeTheFirst) {
    Entry e = unlinked();
    ASSERT_EQ(this->table.insert(e, l4_threadid(9, 42)), L4_LOOKUP_OK);
    EXPECT_EQ(this->table.find(l4_threadid(9, 42)), &e);
    EXPECT_EQ(this->table.find(l4_threadid(9, 0)), nullptr);
    EXPECT_EQ(this->table.remove(l4_threadid(9, 0)), nullptr);
    EXPECT_EQ(this->table.find(l4_threadid(9, 42)), &e);
}

TYPED_TEST(Lookup, SecondInsertOfAThreadFailsAndTheFirstStays) {
    Entry first = unlinked(), second = unlinked();
    ASSERT_EQ(this->table.insert(first, l4_threadid(5, 1)), L4_LOOKUP_OK);
    EXPECT_EQ(this->table.insert(second, l4_threadid(5, 1)), L4_LOOKUP_DUPLICATE);
    EXPECT_EQ(this->table.find(l4_threadid(5, 1)), &first);
}

TYPED_TEST(Lookup, IdsThatNameNoThreadAreRefused) {
    Entry e = unlinked();
    EXPECT_EQ(this->table.insert(e, l4_nil_id()), L4_LOOKUP_BAD_ID);
    EXPECT_EQ(this->table.insert(e, l4_invalid_id()), L4_LOOKUP_BAD_ID);
    EXPECT_EQ(this->table.insert(e, l4_threadid(0, 3)), L4_LOOKUP_BAD_ID);
    EXPECT_EQ(this->table.insert(e, {14 + 1, 0}), L4_LOOKUP_BAD_ID) << "interrupt 14";
    EXPECT_EQ(this->table.next(nullptr), nullptr);
}

TYPED_TEST(Lookup, RemovedEntriesAreGoneAndCanComeBack) {
    std::array<Entry, 3> e;
    e.fill(unlinked());
    for (const unsigned first_out : {0u, 1u, 2u}) {
        for (unsigned i = 0; i < 3; ++i) ASSERT_EQ(this->table.insert(e[i], l4_threadid(5, i)), L4_LOOKUP_OK);
        for (unsigned k = 0; k < 3; ++k) {
            const unsigned i = (first_out + k) % 3;
            EXPECT_EQ(this->table.remove(l4_threadid(5, i)), &e[i]);
            EXPECT_EQ(this->table.find(l4_threadid(5, i)), nullptr);
            EXPECT_EQ(this->table.remove(l4_threadid(5, i)), nullptr);
            const unsigned other = (i + 1) % 3;
            EXPECT_EQ(this->table.find(l4_threadid(5, other)), k < 2 ? &e[other] : nullptr);
        }
    }
}

TYPED_TEST(Lookup, HoldsEveryThreadThatThereCanBe) {
    std::vector<Entry> all((L4_TASKS - 1) * L4_THREADS_PER_TASK, unlinked());
    std::vector<l4_threadid_t> ids;
    for (Entry& e : all) {
        const auto n = static_cast<l4_word_t>(&e - all.data()) + L4_THREADS_PER_TASK;
        if (std::is_same_v<TypeParam, HashTable<0>> && ids.size() == 2000) break; // one list: quadratic
        ids.push_back(this->table.name(l4_threadid(n / L4_THREADS_PER_TASK, n % L4_THREADS_PER_TASK)));
        ASSERT_EQ(this->table.insert(e, ids.back()), L4_LOOKUP_OK);
    }
    std::size_t seen = 0;
    for (Entry* e = this->table.next(nullptr); e != nullptr; e = this->table.next(e)) ++seen;
    EXPECT_EQ(seen, ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(this->table.find(ids[i]), &all[i]);
    for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(this->table.remove(ids[i]), &all[i]);
    EXPECT_EQ(this->table.next(nullptr), nullptr);
}

TEST(LookupList, IteratesByTaskThenInOrderOfInsertion) {
    ListTable table;
    std::array<Entry, 3> e;
    e.fill(unlinked());
    ASSERT_EQ(table.insert(e[0], l4_threadid(2047, 0)), L4_LOOKUP_OK);
    ASSERT_EQ(table.insert(e[1], l4_threadid(5, 9)), L4_LOOKUP_OK);
    ASSERT_EQ(table.insert(e[2], l4_threadid(5, 1)), L4_LOOKUP_OK);
    EXPECT_EQ(table.next(nullptr), &e[1]);
    EXPECT_EQ(table.next(&e[1]), &e[2]);
    EXPECT_EQ(table.next(&e[2]), &e[0]);
    EXPECT_EQ(table.next(&e[0]), nullptr);
}

template <class Table>
class ByTask : public Lookup<Table> {};
using TaskTables = testing::Types<ListTable, ArrayTable>;
TYPED_TEST_SUITE(ByTask, TaskTables);

TYPED_TEST(ByTask, IgnoresWhatTheKernelIgnores) {
    Entry e = unlinked(), other = unlinked();
    ASSERT_EQ(this->table.insert(e, with_version(l4_threadid(5, 1), 7)), L4_LOOKUP_OK);
    const l4_threadid_t as_reported = {l4_threadid(5, 1).low, 4u << L4_ID_CHIEF_SHIFT};
    EXPECT_EQ(this->table.find(as_reported), &e);
    EXPECT_EQ(this->table.insert(other, as_reported), L4_LOOKUP_DUPLICATE);
    EXPECT_EQ(this->table.remove(as_reported), &e);
}

TEST(LookupArray, TakesMemoryForTheSecondThreadAndGivesItBackBeforeTheLast) {
    ArrayTable table;
    std::array<Entry, 3> e;
    e.fill(unlinked());
    const std::array<unsigned, 3> expected{0, 1, 1};
    for (unsigned i = 0; i < 3; ++i) {
        ASSERT_EQ(table.insert(e[i], l4_threadid(5, i)), L4_LOOKUP_OK);
        EXPECT_EQ(table.second_arrays(), expected[i]);
    }
    for (const unsigned i : {2u, 0u, 1u}) {
        EXPECT_EQ(table.remove(l4_threadid(5, i)), &e[i]);
        EXPECT_EQ(table.second_arrays(), i == 2 ? 1u : 0u) << i;
    }
}

TEST(LookupArray, WithoutMemoryNothingChanges) {
    ArrayTable table;
    std::array<Entry, 3> e;
    e.fill(unlinked());
    table.refuse_memory(true);
    ASSERT_EQ(table.insert(e[0], l4_threadid(5, 3)), L4_LOOKUP_OK) << "needs none";
    EXPECT_EQ(table.insert(e[1], l4_threadid(5, 0)), L4_LOOKUP_NO_MEMORY);
    EXPECT_EQ(table.insert(e[1], l4_threadid(5, 3)), L4_LOOKUP_DUPLICATE);
    EXPECT_EQ(table.find(l4_threadid(5, 3)), &e[0]);
    EXPECT_EQ(table.find(l4_threadid(5, 0)), nullptr);
    table.refuse_memory(false);
    EXPECT_EQ(table.insert(e[1], l4_threadid(5, 0)), L4_LOOKUP_OK);
    table.refuse_memory(true);
    EXPECT_EQ(table.insert(e[2], l4_threadid(5, 127)), L4_LOOKUP_OK) << "the array is there";
}

TEST(LookupHash, NamesKeepListsBalanced) {
    HashTable<10> table;
    std::vector<Entry> all(100000, unlinked());
    for (Entry& e : all) {
        const auto n = static_cast<l4_word_t>(&e - all.data()) + L4_THREADS_PER_TASK;
        ASSERT_EQ(table.insert(e, table.name(l4_threadid(n / 128, n % 128))), L4_LOOKUP_OK);
    }
    const auto [least, most] = std::ranges::minmax(table.buckets(), {}, &l4_lookup_bucket::entries);
    EXPECT_LE(most.entries - least.entries, 1u);
}

TEST(LookupHash, ANameFillsTheListThatARemovalShortened) {
    HashTable<4> table;
    std::vector<Entry> all(16 * 3, unlinked());
    for (Entry& e : all) {
        const auto n = static_cast<l4_word_t>(&e - all.data());
        ASSERT_EQ(table.insert(e, table.name(l4_threadid(5, n))), L4_LOOKUP_OK);
    }
    const l4_threadid_t gone = {all[20].id, 0};
    ASSERT_EQ(table.remove(gone), &all[20]);
    EXPECT_EQ(table.name(l4_threadid(5, 20)).low, gone.low);
    EXPECT_EQ(table.name(l4_threadid(5, 20)).low, gone.low) << "naming alone takes no place";
}

/// That the shortest list has become shorter still is not forgotten over another that is as long as it was.
TEST(LookupHash, ANameFillsTheListThatTwoRemovalsShortened) {
    HashTable<4> table;
    std::vector<Entry> all(16 * 3, unlinked());
    for (Entry& e : all) {
        const auto n = static_cast<l4_word_t>(&e - all.data());
        ASSERT_EQ(table.insert(e, table.name(l4_threadid(5, n))), L4_LOOKUP_OK);
    }
    const auto list_of = [&](const Entry& e) { return &table.bucket_of({e.id, 0}); };
    const auto with_first = [&](const Entry& e) { return list_of(e) == list_of(all[0]); };
    Entry& mate = *std::find_if(all.begin() + 1, all.end(), with_first);
    Entry& other = *std::ranges::find_if_not(all, with_first);
    for (Entry* const e : {&all[0], &mate, &other}) ASSERT_EQ(table.remove({e->id, 0}), e);
    EXPECT_EQ(list_of(all[0])->entries, 1u);
    EXPECT_EQ(list_of(other)->entries, 2u);
    EXPECT_EQ(&table.bucket_of(table.name(l4_threadid(6, 0))), list_of(all[0]));
}

TEST(LookupHash, FindsByVersionToo) {
    HashTable<10> table;
    std::array<Entry, 2> e;
    e.fill(unlinked());
    ASSERT_EQ(table.insert(e[0], with_version(l4_threadid(5, 1), 1)), L4_LOOKUP_OK);
    ASSERT_EQ(table.insert(e[1], with_version(l4_threadid(5, 1), 2)), L4_LOOKUP_OK);
    EXPECT_EQ(table.find(with_version(l4_threadid(5, 1), 1)), &e[0]);
    EXPECT_EQ(table.find(with_version(l4_threadid(5, 1), 2)), &e[1]);
}

/// docs/semantics.md 2.2: the id that arrives has version 0, whatever the server called the thread.
TEST(LookupHash, WhatDropsReportsIsNotFoundByItsName) {
    HashTable<10> table;
    std::array<Entry, 2> e;
    e.fill(unlinked());
    ASSERT_EQ(table.insert(e[0], table.name(l4_threadid(5, 0))), L4_LOOKUP_OK);
    const l4_threadid_t named = table.name(l4_threadid(5, 1));
    ASSERT_NE(named.low, l4_threadid(5, 1).low);
    ASSERT_EQ(table.insert(e[1], named), L4_LOOKUP_OK);
    EXPECT_EQ(table.find(l4_threadid(5, 1)), nullptr);
}

TEST(LookupHash, NoNameIsTheInvalidId) {
    HashTable<13> table;
    std::vector<Entry> all((1u << 13) - 1, unlinked());
    for (Entry& e : all) {
        const auto n = static_cast<l4_word_t>(&e - all.data()) + L4_THREADS_PER_TASK;
        ASSERT_EQ(table.insert(e, table.name(l4_threadid(n / 128, n % 128))), L4_LOOKUP_OK);
    }
    Entry last = unlinked();
    const l4_threadid_t named = table.name(l4_threadid(2047, 127));
    EXPECT_EQ(named.low, L4_INVALID_LOW & ~(1u << 31)) << "the highest version";
    EXPECT_EQ(table.insert(last, named), L4_LOOKUP_OK);
}

TEST(LookupHash, MoreBitsThanAVersionHasAreNotUsed) {
    std::vector<l4_lookup_bucket> buckets(1u << L4_LOOKUP_HASH_BITS_MAX);
    l4_lookup_hash table;
    l4_lookup_hash_init(&table, buckets.data(), 31);
    EXPECT_EQ(table.mask, buckets.size() - 1);
}

} // namespace
} // namespace lookup
