// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "l4/sys/fpage.h"
#include "l4/sys/ipc_desc.h"
#include "l4/sys/message.h"
#include "l4/sys/timeout.h"

namespace {

constexpr std::uint64_t longest = std::uint64_t{255} << 28;

TEST(Time, IsNeverShorterThanAskedAndLessThanAUnitLonger) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; ++i) {
        const std::uint64_t us = random() >> (26 + random() % 38);
        if (us > longest) continue;
        const l4_time_t t = l4_time_from_us(us);
        ASSERT_LE(t.man, 255u);
        ASSERT_GE(t.exp, 1u);
        ASSERT_LE(t.exp, 15u);
        ASSERT_GE(l4_time_us(t), us);
        ASSERT_LT(l4_time_us(t) - us, std::uint64_t{1} << (2 * (15 - t.exp)));
    }
}

TEST(Time, KnowsItsEnds) {
    EXPECT_EQ(l4_time_us(l4_time_from_us(L4_TIME_NEVER)), L4_TIME_NEVER);
    EXPECT_EQ(l4_time_us(l4_time_from_us(0)), 0u);
    EXPECT_EQ(l4_time_from_us(0).exp, 15u); // 0 would be "never"
    EXPECT_EQ(l4_time_us(l4_time_from_us(255)), 255u);
    EXPECT_EQ(l4_time_us(l4_time_from_us(256)), 256u);
    EXPECT_EQ(l4_time_us(l4_time_from_us(longest)), longest);
    EXPECT_EQ(l4_time_us(l4_time_from_us(longest + 1)), longest); // 19 hours are as long as it gets
    EXPECT_EQ(l4_time_us(l4_time_from_us(L4_TIME_NEVER - 1)), longest);
}

TEST(Time, MantissaThatRoundsUpStaysInItsField) {
    for (std::uint64_t unit = 1; unit <= std::uint64_t{1} << 28; unit *= 4)
        for (const std::uint64_t us : {255 * unit - 1, 255 * unit, 255 * unit + 1}) {
            if (us > longest) continue;
            EXPECT_LE(l4_time_from_us(us).man, 255u) << us;
            EXPECT_GE(l4_time_us(l4_time_from_us(us)), us);
        }
}

TEST(Timeouts, PutEachTimeIntoItsPart) {
    EXPECT_EQ(l4_timeouts_us(L4_TIME_NEVER, L4_TIME_NEVER), L4_TIMEOUT_NEVER);
    const l4_word_t word = l4_timeouts_us(7, L4_TIME_NEVER);
    EXPECT_EQ((word & L4_TIMEOUT_SND_MAN_MASK) >> L4_TIMEOUT_SND_MAN_SHIFT, 7u);
    EXPECT_EQ((word & L4_TIMEOUT_SND_EXP_MASK) >> L4_TIMEOUT_SND_EXP_SHIFT, 15u);
    EXPECT_EQ(word & (L4_TIMEOUT_RCV_MAN_MASK | L4_TIMEOUT_RCV_EXP_MASK), 0u);
    EXPECT_EQ(l4_sched_param_us(20, 10000) & L4_SCHED_PRIO_MASK, 20u);
    EXPECT_EQ(l4_sched_param_us(20, L4_TIME_NEVER), 20u);
}

/// What the kernel makes of a deadline (docs/semantics.md 7.10).
std::uint64_t completed(std::uint64_t now, l4_deadline_t d) {
    const unsigned e = 15 - d.time.exp;
    const std::uint64_t low = std::uint64_t{1} << (e + 8);
    std::uint64_t t = (now & ~(low - 1)) | (std::uint64_t{d.time.man} << e);
    if (((now >> (e + 8)) & 1) != static_cast<std::uint64_t>(d.clock)) t += low;
    if (t > now + low) t -= 2 * low;
    return t;
}

TEST(Deadline, IsTheOneMeantEvenWhenTheKernelLooksLater) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 200000; ++i) {
        const std::uint64_t now = (random() >> (24 + random() % 30)) + (1 << 23);
        const std::uint64_t away = random() >> (42 + random() % 22);
        const std::uint64_t at = now + std::min<std::uint64_t>(away, L4_DEADLINE_REACH_US);
        const l4_deadline_t d = l4_deadline_at(now, at);
        ASSERT_GE(d.time.exp, 1u);
        const std::uint64_t unit = std::uint64_t{1} << (15 - d.time.exp);
        for (const std::uint64_t later : {std::uint64_t{0}, unit, 100 * unit}) {
            const std::uint64_t got = completed(now + later, d);
            ASSERT_GE(got, at) << now << " " << at << " " << later;
            ASSERT_LT(got, at + unit) << now << " " << at << " " << later;
        }
    }
}

TEST(Deadline, OutOfReachOrPastIsTheNearestThatIsNot) {
    const std::uint64_t now = 123456789;
    EXPECT_EQ(completed(now, l4_deadline_at(now, now - 5)), now);
    const std::uint64_t end = now + L4_DEADLINE_REACH_US;
    const std::uint64_t got = completed(now, l4_deadline_at(now, now + 1000000000));
    EXPECT_GE(got, end);
    EXPECT_LT(got, end + (1u << 14));
}

TEST(Deadline, FlagsHaveTheClockBit) {
    EXPECT_EQ(l4_rcv_deadline_flags({{0, 15}, 1}), L4_IPC_ABS_RCV | L4_IPC_ABS_RCV_CLOCK);
    EXPECT_EQ(l4_rcv_deadline_flags({{0, 15}, 0}), L4_IPC_ABS_RCV);
}

TEST(Block, IsTheLargestThatFits) {
    std::mt19937 random(3);
    for (int i = 0; i < 100000; ++i) {
        const l4_word_t address = (random() >> (random() % 32)) & L4_FP_PAGE_MASK;
        const l4_word_t bytes = ((random() >> (random() % 32)) | 0x1000) & L4_FP_PAGE_MASK;
        const l4_word_t log2 = l4_block_log2(address, bytes, 31);
        const std::uint64_t size = std::uint64_t{1} << log2;
        ASSERT_EQ(address % size, 0u);
        ASSERT_LE(size, bytes);
        ASSERT_TRUE(log2 == 31 || address % (2 * size) != 0 || 2 * size > bytes);
    }
    EXPECT_EQ(l4_block_log2(0, 0xc0000000, 22), 22u);
}

TEST(Page, FloorAndCeil) {
    EXPECT_EQ(l4_page_floor(0x1fff), 0x1000u);
    EXPECT_EQ(l4_page_ceil(0x1001), 0x2000u);
    EXPECT_EQ(l4_page_ceil(0x1000), 0x1000u);
    EXPECT_EQ(l4_page_ceil(0xfffff001), 0u);
}

TEST(Descriptor, KeepsAddressAndOptionsApart) {
    static_assert(l4_rcv_anywhere() == 0x82);
    static_assert(l4_rcv_fpage(l4_fpage(0x400000, 22, L4_FP_WRITE)) == (0x400000 | 22 << 2 | L4_RCV_MAP));
    static_assert(l4_snd_fpage() == L4_SND_MAP);
    EXPECT_EQ(l4_snd_buffer(reinterpret_cast<void*>(0x1234), L4_SND_DECEIT), 0x1234u | L4_SND_DECEIT);
    EXPECT_EQ(l4_rcv_buffer(reinterpret_cast<void*>(0x1234)), 0x1234u);
}

TEST(Message, HasTheKernelsLayout) {
    using M = L4_MESSAGE(5, 2);
    static_assert(offsetof(M, rcv_fpage) == offsetof(l4_msg_head_t, rcv_fpage));
    static_assert(offsetof(M, size_dope) == offsetof(l4_msg_head_t, size_dope));
    static_assert(offsetof(M, snd_dope) == offsetof(l4_msg_head_t, snd_dope));
    static_assert(offsetof(M, dwords) == offsetof(l4_msg_head_t, dwords));
    // The strings follow the words that the size dope counts.
    static_assert(offsetof(M, strings) == offsetof(l4_msg_head_t, dwords) + 5 * sizeof(l4_word_t));
    const M m = L4_MESSAGE_INIT(5, 2, 3, 1);
    EXPECT_EQ(m.size_dope, l4_msgdope(5, 2));
    EXPECT_EQ(m.snd_dope, l4_msgdope(3, 1));
}

} // namespace
