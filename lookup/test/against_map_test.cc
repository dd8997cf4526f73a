// SPDX-License-Identifier: BSD-2-Clause
#include "lookup/test/against_map.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace lookup {
namespace {

std::vector<std::uint8_t> random_bytes(unsigned seed, std::size_t operations) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(4 * operations);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
    return bytes;
}

template <class Table>
class LookupProperty : public testing::Test {};
using Tables = testing::Types<ListTable, ArrayTable, HashTable<0>, HashTable<4>, HashTable<13>>;
TYPED_TEST_SUITE(LookupProperty, Tables);

TYPED_TEST(LookupProperty, DoesWhatAMapDoes) {
    for (unsigned seed = 1; seed <= 50; ++seed)
        ASSERT_EQ(AgainstMap<TypeParam>().run(random_bytes(seed, 1000)), "") << "seed " << seed;
}

/// Only compared now and then, and until a few hundred entries are there.
TYPED_TEST(LookupProperty, DoesWhatAMapDoesWhenItIsFull) {
    std::vector<std::uint8_t> bytes = random_bytes(7, 10000);
    for (std::size_t at = 0; at < bytes.size(); at += 4)
        if (bytes[at] % 16 != 4) bytes[at] %= 2; // of 16 operations one removes, the others insert
    EXPECT_EQ(AgainstMap<TypeParam>().run(bytes), "");
}

/// Bugs that the comparison must find.
struct ForgetsToRemove : ListTable {
    Entry* remove(l4_threadid_t id) { return l4_id_lthread(id) == 3 ? find(id) : ListTable::remove(id); }
};
struct FindsTheTask : ListTable {
    Entry* find(l4_threadid_t id) const {
        Entry* const e = ListTable::find(id);
        return e != nullptr ? e : ListTable::find(l4_threadid(l4_id_task(id), 0));
    }
};
struct AllowsTaskZero : ListTable {
    l4_lookup_result insert(Entry& e, l4_threadid_t id) {
        return l4_id_task(id) == 0 ? L4_LOOKUP_OK : ListTable::insert(e, id);
    }
};
struct SkipsOne : ListTable {
    Entry* next(const Entry* e) const {
        Entry* const n = ListTable::next(e);
        return n != nullptr && l4_id_lthread({n->id, 0}) == 2 ? ListTable::next(n) : n;
    }
};
struct NamesTheFirst : HashTable<4> {
    l4_threadid_t name(l4_threadid_t id) { return {id.low & L4_LOOKUP_THREAD_MASK, id.high}; }
};

template <class Table>
class LookupBug : public testing::Test {};
using Bugs = testing::Types<ForgetsToRemove, FindsTheTask, AllowsTaskZero, SkipsOne, NamesTheFirst>;
TYPED_TEST_SUITE(LookupBug, Bugs);

TYPED_TEST(LookupBug, IsFound) { EXPECT_NE(AgainstMap<TypeParam>().run(random_bytes(1, 1000)), ""); }

} // namespace
} // namespace lookup
