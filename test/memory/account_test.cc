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
    bool is_full(kern::PAddr frame, kern::Fill fill) {
        const std::byte each{static_cast<unsigned char>(fill == kern::Fill::zeros ? 0 : 0xff)};
        const auto bytes = machine.page(frame);
        return std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == each; });
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

TEST_F(AccountTest, FramesArePutByInSteps) {
    for (const kern::Fill fill : {kern::Fill::zeros, kern::Fill::ones}) {
        unsigned steps = 1;
        for (kern::Steps one(1); !pool.put_by(fill, 3, one); one = kern::Steps(1)) ++steps;
        EXPECT_EQ(steps, 3 * kern::steps_per_frame);
        pool.check();
        const std::uint32_t taken = pool.taken();
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_full(*pool.take(fill), fill));
        EXPECT_EQ(pool.taken(), taken) << "these need not be written";
        EXPECT_TRUE(is_full(*pool.take(fill), fill));
        EXPECT_EQ(pool.taken(), taken + 1);
    }
}

TEST_F(AccountTest, WhatComesBackFullIsPutBy) {
    kern::Account a(pool, 2);
    const kern::PAddr frame = *a.take_frame(kern::Fill::ones);
    a.give_frame(frame, kern::Fill::ones);
    pool.check();
    const std::uint32_t taken = pool.taken();
    EXPECT_EQ(*a.take_frame(kern::Fill::ones), frame);
    EXPECT_TRUE(is_full(frame, kern::Fill::ones));
    EXPECT_EQ(pool.taken(), taken);
    a.give_frame(frame);
}

/// Those that are put by, for whatever, and those that are being written are as free as all others.
TEST_F(AccountTest, PutByIsNotTaken) {
    kern::Steps some(kern::steps_per_frame * 5 + 1), few(1);
    EXPECT_TRUE(pool.put_by(kern::Fill::zeros, 3, some));
    EXPECT_TRUE(pool.put_by(kern::Fill::ones, 2, some));
    EXPECT_FALSE(pool.put_by(kern::Fill::ones, 3, some));
    EXPECT_FALSE(pool.put_by_table(0, few));
    EXPECT_EQ(pool.used(), 0u);
    std::set<kern::PAddr> seen;
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(seen.insert(*pool.take()).second);
    EXPECT_FALSE(pool.take().ok());
    kern::Steps more(1);
    EXPECT_TRUE(pool.put_by(kern::Fill::zeros, 1, more)) << "there is nothing to put by";
    EXPECT_TRUE(pool.put_by_table(0, more));
    EXPECT_FALSE(pool.take_table(0).ok());
}

/// One of the other sort is taken for it when no other is free.
TEST_F(AccountTest, PutByForSomethingElse) {
    kern::Steps all(~0u);
    EXPECT_TRUE(pool.put_by(kern::Fill::ones, 16, all));
    EXPECT_TRUE(pool.put_by(kern::Fill::zeros, 2, all));
    pool.check();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(is_full(*pool.take(kern::Fill::zeros), kern::Fill::zeros));
    for (int i = 0; i < 14; ++i) EXPECT_TRUE(is_full(*pool.take(kern::Fill::ones), kern::Fill::ones));
}

TEST_F(AccountTest, ATableIsWrittenInStepsAndAgainIfAnotherIsNeeded) {
    constexpr std::uint32_t one = 0x400067, other = 0x400007;
    unsigned steps = 1;
    for (kern::Steps s(1); !pool.put_by_table(one, s); s = kern::Steps(1)) ++steps;
    EXPECT_EQ(steps, kern::steps_per_frame);
    for (const std::uint32_t entry : {other, one, one}) {
        const auto* const words = pool.at<std::uint32_t>(*pool.take_table(entry));
        for (std::uint32_t i = 0; i < 1024; ++i) ASSERT_EQ(words[i], entry + i * 4096);
    }
}

TEST_F(AccountTest, WorkThatIsNotDividedTakesAllThatThereIs) {
    kern::Steps few(3), many(30);
    EXPECT_TRUE(few.take_whole(8));
    EXPECT_TRUE(few.exhausted());
    EXPECT_FALSE(few.take_whole(8));
    EXPECT_TRUE(many.take());
    EXPECT_TRUE(many.take_whole(8));
    EXPECT_EQ(many.left(), 21u);
    EXPECT_FALSE(many.take_whole(22)) << "something was done before";
    EXPECT_EQ(many.left(), 21u);
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
