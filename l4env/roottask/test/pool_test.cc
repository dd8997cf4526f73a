// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "l4env/roottask/src/arguments.h"

namespace l4env::root {
namespace {

TEST(Pool, TakesRunsThatAreFreeAndAligned) {
    std::vector<std::uint16_t> owners(64);
    Pool pool(owners);
    EXPECT_EQ(pool.take(5, 1), 0u); // all foreign
    pool.add(0, 0x10000);
    pool.add(0x20000, 0x10000);
    EXPECT_EQ(pool.free_frames(), 32u);
    EXPECT_EQ(pool.take(5, 1), 0x1000u); // the first is for nobody
    EXPECT_EQ(pool.take(5, 4, 4), 0x4000u);
    EXPECT_EQ(pool.take(6, 16, 16), 0x20000u);
    EXPECT_EQ(pool.take(6, 9), 0u);
    EXPECT_EQ(pool.take(6, 8, 8), 0x8000u);
    EXPECT_TRUE(pool.has(6, 0x8000, 0x8000));
    EXPECT_FALSE(pool.has(5, 0x4000, 0x5000));
    EXPECT_EQ(pool.take(5, 2), 0x2000u);
}

TEST(Pool, KeepsPartsOutForGood) {
    std::vector<std::uint16_t> owners(16);
    Pool pool(owners);
    pool.add(0, 0x10000);
    pool.keep(0x2000, 0x2fff);
    pool.keep(0x8000, 0xffffffff);
    EXPECT_TRUE(pool.keeps(0x8000, 0x8000));
    EXPECT_FALSE(pool.keeps(0x1000, 0x2000));
    EXPECT_FALSE(pool.keeps(0x8000, 0x9000)); // beyond the table
    EXPECT_EQ(pool.take(5, 5), 0x3000u);
    EXPECT_EQ(pool.take(5, 1), 0x1000u);
    EXPECT_EQ(pool.take(5, 1), 0u);
}

TEST(Pool, KnowsWhatOthersUse) {
    std::vector<std::uint16_t> owners(16);
    Pool pool(owners);
    pool.add(0x4000, 0x1000);
    pool.use_if([](std::uint32_t at) { return at >= 0x4000 && at != 0x6000; });
    EXPECT_EQ(pool.used(0, 0x4fff), 0u); // foreign and free
    EXPECT_EQ(pool.used(0, 0x5000), 0x5000u);
    EXPECT_EQ(pool.used(0x6000, 0x6fff), 0u);
    EXPECT_EQ(pool.used(0x6000, 0xffffffff), 0x7000u);
    EXPECT_EQ(pool.used(0x10000, 0xffffffff), 0u);
}

TEST(Pool, ReleaseGivesBackExactlyTheTasksRuns) {
    std::mt19937 random(1);
    std::vector<std::uint16_t> owners(256);
    Pool pool(owners);
    pool.add(0, 256 << 12);
    std::map<std::uint32_t, std::uint16_t> model; // frame to task
    for (int i = 0; i < 5000; ++i) {
        const auto task = static_cast<std::uint16_t>(5 + random() % 4);
        const std::uint32_t count = 1 + random() % 9, align = 1u << (random() % 4);
        if (random() % 8 == 0) {
            pool.release(task, [&](std::uint32_t first, std::uint32_t bytes) {
                for (std::uint32_t f = first >> 12; f < (first + bytes) >> 12; ++f) {
                    ASSERT_EQ(model.at(f), task);
                    model.erase(f);
                }
            });
            for (const auto& [frame, owner] : model) ASSERT_NE(owner, task);
        } else if (const std::uint32_t at = pool.take(task, count, align); at != 0) {
            ASSERT_EQ((at >> 12) % align, 0u);
            for (std::uint32_t f = at >> 12; f < (at >> 12) + count; ++f)
                ASSERT_TRUE(model.emplace(f, task).second);
        }
        ASSERT_EQ(pool.free_frames(), 256 - model.size());
    }
}

TEST(Arguments, AreWhereAUnixProgramFindsThem) {
    std::vector<std::byte> stack(4096);
    const std::uint32_t esp = put_arguments(stack, "name", "  one   two ");
    ASSERT_NE(esp, 0u);
    EXPECT_EQ(esp % 16, 0u);
    const auto word = [&](std::uint32_t address) {
        std::uint32_t w = 0;
        std::memcpy(&w, &stack[address - (stack_end - 4096)], sizeof w);
        return w;
    };
    const auto text = [&](std::uint32_t address) {
        return std::string(reinterpret_cast<const char*>(&stack[address - (stack_end - 4096)]));
    };
    EXPECT_EQ(word(esp), 3u);
    EXPECT_EQ(text(word(esp + 4)), "name");
    EXPECT_EQ(text(word(esp + 8)), "one");
    EXPECT_EQ(text(word(esp + 12)), "two");
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(word(esp + 16 + 4 * i), 0u);
}

TEST(Arguments, ThatDoNotFitAreRefused) {
    const std::string a(100, 'a');
    // Two strings with their ends, seven words, and up to 15 bytes to align them.
    for (std::size_t size = 0; size < 160; ++size) {
        std::vector<std::byte> stack(size);
        const std::uint32_t esp = put_arguments(stack, "n", a.c_str());
        const bool too_small = size < 103 + 28, large = size >= 103 + 28 + 15;
        EXPECT_FALSE(too_small && esp != 0) << size;
        EXPECT_FALSE(large && esp == 0) << size;
        EXPECT_EQ(esp % 16, 0u);
    }
    std::string many;
    for (int i = 0; i < 40; ++i) many += "x ";
    std::vector<std::byte> stack(4096);
    EXPECT_EQ(put_arguments(stack, "n", many.c_str()), 0u);
}

} // namespace
} // namespace l4env::root
