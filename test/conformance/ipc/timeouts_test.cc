// SPDX-License-Identifier: BSD-2-Clause
// The timeout word and the absolute timeouts (docs/semantics.md 1.3, 7.10).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/crowd.h"
#include "test/conformance/ipc/support/interrupts.h"

namespace conformance::ipc {
namespace {

constexpr Word receive_in(Word man, Word exp = 15) { return l4_timeout(0, 0, man, exp); }
constexpr Word send_in(Word man, Word exp = 15) { return l4_timeout(man, exp, 0, 0); }
constexpr l4_threadid_t with(l4_threadid_t id, Word flags) { return {id.low, id.high | flags}; }

/// A makes the call at `begin`; it ends with `code` at `end`, and not a microsecond before.
void expect_ends(const Ipc& call, Time begin, Time end, Word code) {
    World w;
    Script script({{begin, call}});
    std::size_t ended_before = 0;
    w.start(b, sim::park);
    w.start(a, script.body());
    w.start(c, [&](User u) -> Program {
        co_await until(u, end - 1);
        ended_before = script.returned();
    });
    w.run();
    EXPECT_EQ(ended_before, 0u);
    ASSERT_EQ(script.returned(), 1u);
    EXPECT_EQ(script[0], script.only(code));
    EXPECT_EQ(script.time(), end);
}

/// A makes the call at `now`; it fails at once.
void expect_fails_at_once(const Ipc& call, Time now, Word code) {
    World w;
    Script script({{now, call}});
    w.play({{b, sim::park}, {a, script.body()}});
    ASSERT_EQ(script.returned(), 1u);
    EXPECT_EQ(script[0], script.only(code));
    EXPECT_EQ(script.time(), now);
}

TEST(Timeout, IsAMantissaTimesAPowerOfFour) {
    ABI_ROW(timeout_value);
    expect_ends(sleep_for(receive_in(100, 8)), 10, 10 + 1638400, L4_IPC_RETIMEOUT);
    expect_ends(sleep_for(receive_in(1, 15)), 10, 11, L4_IPC_RETIMEOUT);
    expect_ends(sleep_for(receive_in(255, 1)), 10, 10 + (Time{255} << 28), L4_IPC_RETIMEOUT);
}

TEST(Timeout, OfASendIsAMantissaTimesAPowerOfFour) {
    expect_ends(send_to(b, 1, 2, send_in(100, 8)), 10, 10 + 1638400, L4_IPC_SETIMEOUT);
    expect_ends(send_to(b, 1, 2, send_in(255, 1)), 10, 10 + (Time{255} << 28), L4_IPC_SETIMEOUT);
}

TEST(Timeout, WithExponentZeroIsNever) {
    ABI_ROW(timeout_exponent_0_is_never);
    constexpr Time hour = 3600u * 1000000u;
    World w;
    Script relative(sleep_for(receive_in(255, 0)));
    Script absolute({.partner = {0, L4_IPC_ABS_RCV}, .receive = 0, .timeout = receive_in(255, 0)});
    w.start(a, relative.body());
    w.start(b, absolute.body());
    w.start(c, [](User u) -> Program {
        for (int i = 1; i <= 24; ++i) co_await until(u, hour * i);
    });
    w.run();
    EXPECT_EQ(w.now(), Micros{24 * hour});
    EXPECT_EQ(w.state(a), For::sleep);
    EXPECT_EQ(w.state(b), For::sleep);
    EXPECT_FALSE(w.thread(a).timeout.armed());
    EXPECT_FALSE(w.thread(b).timeout.armed());
}

TEST(Timeout, WithMantissaZeroIsZero) {
    ABI_ROW(timeout_mantissa_0_is_zero);
    expect_fails_at_once(send_to(b, 1, 2, send_in(0, 1)), 100, L4_IPC_SETIMEOUT);
    expect_fails_at_once(wait_open(receive_in(0, 1)), 100, L4_IPC_RETIMEOUT);
}

constexpr Word twelve_and_eighty_us = l4_timeout(3, 14, 5, 13);

TEST(Timeout, OfTheSendPartIsItsOwn) {
    ABI_ROW(timeout_fields_are_separate);
    expect_ends(call_to(b, 1, 2, twelve_and_eighty_us), 100, 112, L4_IPC_SETIMEOUT);
}

/// A makes the call at `begin`; B takes its message at `taken` and never answers.
void expect_unanswered(const Ipc& call, Time begin, Time taken, Time end) {
    World w;
    Script client({{begin, call}}), server({{taken, wait_open()}});
    w.play({{b, server.body()}, {a, client.body()}});
    ASSERT_EQ(server.returned(), 1u);
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], client.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(client.time(), end);
}

TEST(Timeout, OfTheReceivePartIsItsOwn) {
    ABI_ROW(timeout_fields_are_separate);
    expect_unanswered(call_to(b, 1, 2, twelve_and_eighty_us), 100, 105, 185);
}

TEST(Timeouts, ExpireInOrderOfDeadlineAndThenOfArming) {
    ABI_ROW(timeout_order);
    World w;
    Script first({{100, sleep_for(receive_in(2))}}), second({{100, sleep_for(receive_in(1))}}),
        third({{100, sleep_for(receive_in(2))}});
    HeldBack held(103);
    w.start(a, first.body());
    w.start(b, second.body());
    w.start(c, third.body());
    w.start(d, [&](User u) -> Program {
        co_await until(u, 100);
        w.set_interrupts(&held);
        co_await u.compute(3);
    });
    w.run();
    for (const Script* s : {&first, &second, &third}) {
        ASSERT_EQ(s->returned(), 1u);
        EXPECT_EQ((*s)[0], s->only(L4_IPC_RETIMEOUT));
        EXPECT_EQ(s->time(), 103u);
    }
    EXPECT_LT(second.turn(), first.turn());
    EXPECT_LT(first.turn(), third.turn());
}

TEST(Timeouts, ThatAreManyExpireBitByBit) {
    ABI_ROW(timeout_many_at_once);
    Crowd crowd;
    for (Word i = 0; i < Crowd::size; ++i)
        crowd.scripts.emplace_back(std::vector<Script::Step>{{1000, sleep_for(receive_in(100))}});
    crowd.start(1050, For::sleep);
    EXPECT_EQ(crowd.world.run(), sim::End::idle);
    EXPECT_GT(crowd.most_at_once(), 0);
    EXPECT_LE(crowd.most_at_once(), std::int64_t{limits.timeouts});
    for (const Script& s : crowd.scripts) {
        ASSERT_EQ(s.returned(), 1u);
        EXPECT_EQ(s[0].error(), L4_IPC_RETIMEOUT);
        EXPECT_EQ(s.time(), 1100u);
    }
}

/// A receive that ends at `deadline`.
Ipc receive_until(l4_threadid_t partner, Time deadline, Word descriptor, unsigned exp = 15) {
    const sim::AbsoluteTimeout t = sim::receive_until(Micros{deadline}, exp);
    return {.partner = with(partner, t.id_flags), .w0 = 5, .w1 = 6, .receive = descriptor, .timeout = t.word};
}

Ipc send_until(l4_threadid_t partner, Time deadline, unsigned exp = 15) {
    const sim::AbsoluteTimeout t = sim::send_until(Micros{deadline}, exp);
    return {.partner = with(partner, t.id_flags), .w0 = 5, .w1 = 6, .send = 0, .timeout = t.word};
}

TEST(AbsoluteTimeout, OfASleepIsAPointInTime) {
    ABI_ROW(timeout_absolute_receive);
    expect_ends(receive_until({}, 200, 0), 50, 200, L4_IPC_RETIMEOUT);
    expect_ends(receive_until({}, 300, 0), 100, 300, L4_IPC_RETIMEOUT);
    expect_ends(receive_until({}, 200u << 10, 0, 5), 100, 200u << 10, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, OfAnOpenWaitIsAPointInTimeWhateverThePartner) {
    ABI_ROW(timeout_absolute_receive);
    for (const Word low : {L4_NIL_LOW, L4_INVALID_LOW, b.low, 3u})
        expect_ends(receive_until({low, 0}, 200, L4_RCV_OPEN), 50, 200, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, OfASendIsAPointInTime) {
    ABI_ROW(timeout_absolute_send);
    expect_ends(send_until(b, 200), 50, 200, L4_IPC_SETIMEOUT);
    expect_ends(send_until(b, 200u << 10, 5), 50, 200u << 10, L4_IPC_SETIMEOUT);
}

TEST(AbsoluteTimeout, ThatIsNotAheadIsZero) {
    ABI_ROW(timeout_absolute_past_is_zero);
    for (const Time deadline : {90u, 100u}) {
        expect_fails_at_once(receive_until({}, deadline, 0), 100, L4_IPC_RETIMEOUT);
        expect_fails_at_once(send_until(b, deadline), 100, L4_IPC_SETIMEOUT);
    }
}

TEST(AbsoluteTimeout, ThatIsNotAheadDoesNotMatterToAPartnerThatWaits) {
    ABI_ROW(timeout_absolute_past_is_zero);
    for (const Time deadline : {90u, 100u}) {
        World w;
        Script receiver(wait_open()), sender({{100, send_until(b, deadline)}});
        w.play({{b, receiver.body()}, {a, sender.body()}});
        ASSERT_EQ(receiver.returned(), 1u);
        EXPECT_EQ(receiver[0], message(a, 5, 6));
        EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
    }
}

constexpr Ipc sleep_absolute(Word man, Word clock) {
    return {.partner = {0, L4_IPC_ABS_RCV | clock}, .receive = 0, .timeout = receive_in(man)};
}

TEST(AbsoluteTimeout, IsInTheHalfThatTheClockBitNames) {
    ABI_ROW(timeout_absolute_clock_bit);
    expect_ends(sleep_absolute(0x10, L4_IPC_ABS_RCV_CLOCK), 0x100, 0x110, L4_IPC_RETIMEOUT);
    expect_ends(sleep_absolute(0x10, 0), 0x120, 0x210, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, ThatIsTooFarAheadIsInThePast) {
    ABI_ROW(timeout_absolute_far_ahead_is_past);
    expect_fails_at_once(sleep_absolute(0x20, 0), 0x110, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, ThatWouldLieBeforeTheBeginningIsZero) {
    expect_fails_at_once(sleep_absolute(0x20, L4_IPC_ABS_RCV_CLOCK), 0x10, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, ByAWholeRangeIsTheFarthestAhead) {
    expect_ends(sleep_absolute(0x20, L4_IPC_ABS_RCV_CLOCK), 0x20, 0x120, L4_IPC_RETIMEOUT);
}

TEST(AbsoluteTimeout, FlagsAreNoPartOfTheName) {
    ABI_ROW(timeout_absolute_flags_do_not_name);
    World w;
    Script receiver(
        {{0, receive_from(with(a, L4_IPC_ID_FLAGS_MASK))}, {0, receive_from(with(a, L4_IPC_ID_FLAGS_MASK))}});
    Script sender({{10, send_to(with(b, L4_IPC_ID_FLAGS_MASK), 1, 2)}, {10, send_to(b, 3, 4)}});
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(receiver.returned(), 2u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    EXPECT_EQ(receiver[1], message(a, 3, 4));
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK, 0));
}

TEST(AbsoluteTimeout, FlagsAreNoPartOfAnInterruptsName) {
    World w;
    const l4_threadid_t line = with(l4_irq_id(3), L4_IPC_ID_FLAGS_MASK & ~L4_IPC_ABS_RCV_CLOCK);
    Script owner({{10, receive_from(line, receive_in(1))}}); // 1 us after the beginning: over
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 1u);
    EXPECT_EQ(owner[0].error(), L4_IPC_RETIMEOUT);
    EXPECT_EQ(w.kernel().irqs()[Line{3}].owner, &w.thread(a));
}

TEST(AbsoluteTimeout, OfTheReceivePartLeavesTheSendPartRelative) {
    ABI_ROW(timeout_absolute_parts_are_separate);
    expect_ends(call_to(with(b, L4_IPC_ABS_RCV), 1, 2, l4_timeout(100, 15, 10, 15)), 50, 150,
                L4_IPC_SETIMEOUT);
}

TEST(AbsoluteTimeout, OfTheSendPartLeavesTheReceivePartRelative) {
    ABI_ROW(timeout_absolute_parts_are_separate);
    expect_unanswered(call_to(with(b, L4_IPC_ABS_SND), 1, 2, l4_timeout(200, 15, 100, 15)), 50, 120, 220);
}

TEST(AbsoluteTimeout, OfTheReceivePartCountsEvenWhenTheSendPartTookLonger) {
    expect_unanswered(call_to(with(b, L4_IPC_ABS_RCV), 1, 2, l4_timeout(0, 0, 100, 15)), 50, 120, 120);
}

} // namespace
} // namespace conformance::ipc
