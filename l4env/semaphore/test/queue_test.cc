// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/semaphore/src/queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

namespace {

TEST(SemaphoreQueue, WakesInOrderOfArrival) {
    l4_semaphore_t s = L4_SEMAPHORE_INIT(0);
    std::vector<l4_semaphore_waiter> w(3);
    for (l4_semaphore_waiter& each : w) EXPECT_EQ(l4_semaphore_sleep(&s, &each), nullptr);
    for (l4_semaphore_waiter& each : w) EXPECT_EQ(l4_semaphore_wake(&s), &each);
    EXPECT_EQ(l4_semaphore_sleep(&s, w.data()), nullptr); // the queue works when it was empty
    EXPECT_EQ(l4_semaphore_wake(&s), w.data());
}

TEST(SemaphoreQueue, WakeUpThatComesFirstIsKept) {
    l4_semaphore_t s = L4_SEMAPHORE_INIT(0);
    l4_semaphore_waiter w{};
    EXPECT_EQ(l4_semaphore_wake(&s), nullptr);
    EXPECT_EQ(l4_semaphore_sleep(&s, &w), &w);
    EXPECT_EQ(l4_semaphore_sleep(&s, &w), nullptr);
}

TEST(SemaphoreQueue, LikeADequeForAnyOrderOfMessages) {
    std::mt19937 random(1);
    l4_semaphore_t s = L4_SEMAPHORE_INIT(0);
    std::deque<l4_semaphore_waiter> all(5000);
    std::deque<l4_semaphore_waiter*> asleep;
    int early = 0;
    for (l4_semaphore_waiter& w : all) {
        if (random() % 2 != 0) {
            l4_semaphore_waiter* const expected = asleep.empty() ? nullptr : asleep.front();
            if (asleep.empty())
                ++early;
            else
                asleep.pop_front();
            ASSERT_EQ(l4_semaphore_wake(&s), expected);
        } else {
            ASSERT_EQ(l4_semaphore_sleep(&s, &w), early > 0 ? &w : nullptr);
            if (early > 0)
                --early;
            else
                asleep.push_back(&w);
        }
    }
}

} // namespace
