// SPDX-License-Identifier: BSD-2-Clause
extern "C" {
#include "l4env/region/src/table.h"
}

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace {

constexpr l4_word_t page = 4096;

l4_region at(l4_word_t first, l4_word_t pages) { return {first, first + pages * page, 0, nullptr, nullptr}; }

TEST(RegionTable, FindsWhatIsThere) {
    l4_region_table table{};
    l4_word_t where = 0;
    EXPECT_EQ(l4_region_add(&table, at(0x10000, 2), &where), L4_REGION_OK);
    EXPECT_EQ(where, 0x10000u);
    EXPECT_EQ(l4_region_find(&table, 0xffff), nullptr);
    ASSERT_NE(l4_region_find(&table, 0x11fff), nullptr);
    EXPECT_EQ(l4_region_find(&table, 0x11fff)->first, 0x10000u);
    EXPECT_EQ(l4_region_find(&table, 0x12000), nullptr);
}

TEST(RegionTable, RefusesOverlapsAndBadSizes) {
    l4_region_table table{};
    l4_word_t where = 0;
    l4_region_add(&table, at(0x10000, 2), &where);
    EXPECT_EQ(l4_region_add(&table, at(0x11000, 1), &where), L4_REGION_TAKEN);
    EXPECT_EQ(l4_region_add(&table, at(0xf000, 2), &where), L4_REGION_TAKEN);
    EXPECT_EQ(l4_region_add(&table, at(0xf000, 9), &where), L4_REGION_TAKEN);
    EXPECT_EQ(l4_region_add(&table, at(0xf000, 1), &where), L4_REGION_OK);
    EXPECT_EQ(l4_region_add(&table, at(0x12000, 1), &where), L4_REGION_OK);
    EXPECT_EQ(l4_region_add(&table, at(0x20001, 1), &where), L4_REGION_EINVAL);
    EXPECT_EQ(l4_region_add(&table, at(0x20000, 0), &where), L4_REGION_EINVAL);
    EXPECT_EQ(l4_region_add(&table, at(0xbffff000, 2), &where), L4_REGION_EINVAL);
    EXPECT_EQ(l4_region_add(&table, at(0xfffff000, 2), &where), L4_REGION_EINVAL);
}

TEST(RegionTable, FindsHolesInItsPartOfTheSpace) {
    l4_region_table table{};
    l4_word_t where = 0;
    const l4_word_t all = (L4_REGION_END - L4_REGION_FIRST) / page;
    l4_region_add(&table, at(0x1000, 1), &where);
    l4_region_add(&table, at(L4_REGION_FIRST - page, 3), &where);
    EXPECT_EQ(l4_region_add(&table, at(0, all), &where), L4_REGION_FULL);
    EXPECT_EQ(l4_region_add(&table, at(0, 4), &where), L4_REGION_OK);
    EXPECT_EQ(where, L4_REGION_FIRST + 2 * page);
    EXPECT_EQ(l4_region_add(&table, at(0, all - 6), &where), L4_REGION_OK);
    EXPECT_EQ(where, L4_REGION_FIRST + 6 * page);
    EXPECT_EQ(l4_region_add(&table, at(0, 1), &where), L4_REGION_FULL);
    l4_region_remove(&table, l4_region_find(&table, L4_REGION_FIRST + 2 * page));
    EXPECT_EQ(l4_region_add(&table, at(0, 3), &where), L4_REGION_OK);
    EXPECT_EQ(where, L4_REGION_FIRST + 2 * page);
}

TEST(RegionTable, LikeAMapForAnyOrderOfCalls) {
    std::mt19937 random(1);
    l4_region_table table{};
    std::map<l4_word_t, l4_word_t> model; // first to end
    for (int i = 0; i < 20000; ++i) {
        const l4_word_t address = random() % 200 * page + page;
        const auto next = model.upper_bound(address);
        const bool inside = next != model.begin() && std::prev(next)->second > address;
        l4_region* const found = l4_region_find(&table, address);
        ASSERT_EQ(found != nullptr, inside);
        if (inside && random() % 2 == 0) {
            ASSERT_EQ(found->first, std::prev(next)->first);
            l4_region_remove(&table, found);
            model.erase(std::prev(next));
        } else {
            const l4_word_t pages = 1 + random() % 6;
            const bool free = !inside && (next == model.end() || next->first >= address + pages * page);
            const bool room = model.size() < L4_REGIONS_MAX;
            l4_word_t where = 0;
            ASSERT_EQ(l4_region_add(&table, at(address, pages), &where), !room  ? L4_REGION_FULL
                                                                         : free ? L4_REGION_OK
                                                                                : L4_REGION_TAKEN);
            if (free && room) model[address] = address + pages * page;
        }
        ASSERT_EQ(table.count, model.size());
    }
}

} // namespace
