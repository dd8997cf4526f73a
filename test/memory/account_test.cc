// SPDX-License-Identifier: BSD-2-Clause
#include "kern/account.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "arch/machine.h"

namespace test {
namespace {

constexpr kern::PAddr first = arch::Memory::kernel_base;

class AccountTest : public ::testing::Test {
protected:
    static void release(kern::Account& a) {
        kern::Steps steps(~0u);
        EXPECT_TRUE(a.release(steps));
    }
    arch::Machine machine{{.user_pages = 1, .kernel_pages = 16}};
    kern::FramePool pool{machine, first, 16};
};

TEST_F(AccountTest, APoolGivesEachFrameOnce) {
    std::set<kern::PAddr> seen;
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(seen.insert(*pool.take()).second);
    EXPECT_FALSE(pool.take().ok());
    pool.give(*seen.begin());
    EXPECT_EQ(*pool.take(), *seen.begin());
    EXPECT_EQ(pool.used(), 16u);
}

TEST_F(AccountTest, TheNthAllocationFailsOnce) {
    kern::Account a(pool, 16);
    pool.fail_at(2);
    const auto one = a.take_frame();
    EXPECT_FALSE(a.take_frame().ok());
    const auto two = a.take_frame();
    EXPECT_EQ(a.used(), 2u);
    a.give_frame(*one);
    a.give_frame(*two);
}

TEST_F(AccountTest, AFrameIsAllZeros) {
    kern::Account a(pool, 1);
    const kern::PAddr frame = *a.take_frame();
    const auto bytes = machine.page(frame);
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
    EXPECT_FALSE(a.take_frame().ok());
    a.give_frame(frame);
    EXPECT_EQ(a.free(), 1u);
}

TEST_F(AccountTest, ASlabCostsWhatItOnceHeld) {
    kern::Account a(pool, 3);
    std::vector<void*> nodes;
    for (std::uint32_t i = 0; i < 2 * L4_KMEM_NODES_PER_FRAME; ++i) nodes.push_back(*a.take_node());
    EXPECT_EQ(a.used(), 2u);
    nodes.push_back(*a.take_node());
    EXPECT_EQ(a.used(), 3u);
    const std::set<void*> distinct(nodes.begin(), nodes.end());
    EXPECT_EQ(distinct.size(), nodes.size());
    for (void* n : nodes) {
        EXPECT_EQ(machine.address(n).raw() % 32, 0u);
        a.give_node(n);
    }
    EXPECT_EQ(a.used(), 3u);
    EXPECT_EQ(a.nodes(), 0u);
    release(a);
    EXPECT_EQ(a.used(), 0u);
    EXPECT_EQ(pool.used(), 0u);
}

TEST_F(AccountTest, ThreeThreadsToAFrame) {
    kern::Account a(pool, 2);
    std::vector<void*> threads;
    for (int i = 0; i < 6; ++i) threads.push_back(*a.take_thread());
    EXPECT_FALSE(a.take_thread().ok());
    EXPECT_EQ(a.thread_frames(), 2u);
    for (void* t : threads) {
        EXPECT_EQ(machine.address(t).raw() % 64, 0u);
        EXPECT_LE(machine.address(t).raw() % 4096 + kern::Account::thread_slot, 4096u);
        a.give_thread(t);
    }
    kern::Steps one(1);
    EXPECT_FALSE(a.release(one));
    EXPECT_EQ(a.used(), 1u);
    release(a);
}

TEST_F(AccountTest, AChildsLimitIsTakenFromItsParent) {
    kern::Account a(pool, 10);
    EXPECT_FALSE(a.reserve(11).ok());
    EXPECT_TRUE(a.reserve(9).ok());
    EXPECT_TRUE(a.adopt_frame().ok());
    EXPECT_FALSE(a.take_frame().ok());
    a.disown_frame();
    a.unreserve(9);
    EXPECT_EQ(a.used(), 0u);
}

} // namespace
} // namespace test
