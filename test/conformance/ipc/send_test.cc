// SPDX-License-Identifier: BSD-2-Clause
// The send part (docs/semantics.md 7.1, 7.2).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {
namespace {

constexpr l4_threadid_t nobody = l4_threadid(99, 0);

/// However long one is ready to wait, and whatever one sends: nobody is there.
void expect_unreachable(World& w, l4_threadid_t partner) {
    std::vector<Script::Step> steps;
    for (const Word timeout : {L4_TIMEOUT_NEVER, L4_TIMEOUT_ZERO, l4_timeout(100, 10, 100, 10)}) {
        steps.push_back({0, send_to(partner, 1, 2, timeout)});
        steps.push_back({0, call_to(partner, 3, 4, timeout)});
        steps.push_back(
            {0, {.partner = partner, .w0 = 5, .send = 0x10000000 | L4_SND_MAP, .timeout = timeout}});
    }
    Script sender(steps);
    const Time begin = w.now().raw();
    w.play({{e, sender.body()}});
    ASSERT_EQ(sender.returned(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i)
        EXPECT_EQ(sender[i], sender.only(L4_IPC_ENOT_EXISTENT, i)) << "call " << i;
    EXPECT_EQ(sender.time(steps.size() - 1), begin);
}

TEST(Send, ToNilFailsAtOnce) {
    ABI_ROW(ipc_send_nil_partner);
    World w;
    expect_unreachable(w, l4_nil_id());
}

TEST(Send, ToNilFailsWhateverItsHighWordIs) {
    World w;
    expect_unreachable(w, {L4_NIL_LOW, 0x12345678});
}

TEST(Send, ToTheInvalidIdFailsAtOnce) {
    ABI_ROW(ipc_send_invalid_partner);
    World w;
    expect_unreachable(w, l4_invalid_id());
}

TEST(Send, ToATaskThatNeverWasFailsAtOnce) {
    ABI_ROW(ipc_send_no_such_thread);
    World w;
    expect_unreachable(w, nobody);
}

TEST(Send, ToADeletedTaskFailsAtOnce) {
    ABI_ROW(ipc_send_no_such_thread);
    World w;
    w.play({{b, sim::park}});
    EXPECT_TRUE(w.as_root(deletion(b)).ok());
    expect_unreachable(w, b);
}

TEST(Send, ToAThreadThatNeverWasFailsAtOnce) {
    ABI_ROW(ipc_send_no_such_thread);
    World w;
    w.start(b, sim::park);
    expect_unreachable(w, l4_threadid(6, 9));
}

TEST(Send, ToAThreadThatWasNeverStartedFailsAtOnce) {
    ABI_ROW(ipc_send_dead_thread);
    World w;
    w.start(b, [](User u) -> Program { co_await u(sim::ExRegs{.target = 1}); });
    w.run();
    ASSERT_NE(w.find(l4_threadid(6, 1)), nullptr);
    EXPECT_EQ(w.state(l4_threadid(6, 1)), For::dead);
    expect_unreachable(w, l4_threadid(6, 1));
}

TEST(Send, ToAKilledThreadFailsAtOnce) {
    ABI_ROW(ipc_send_dead_thread);
    World w;
    w.start(b, [](User u) -> Program { co_await u.load8(0x10000000); }, {.pager = nobody});
    w.run();
    EXPECT_EQ(w.state(b), For::dead);
    expect_unreachable(w, b);
}

TEST(Send, ToAnInterruptFailsAtOnce) {
    ABI_ROW(ipc_send_interrupt);
    World w;
    for (const Word line : {0u, 3u, 200u, 254u}) expect_unreachable(w, l4_irq_id(line));
}

TEST(Send, ToAnInterruptOfOnesOwnFailsAtOnce) {
    ABI_ROW(ipc_send_interrupt);
    World w;
    Script owner({{0, receive_from(l4_irq_id(3), L4_TIMEOUT_RCV_ZERO)}, {0, send_to(l4_irq_id(3), 1, 2)}});
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[0], owner.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(owner[1], owner.only(L4_IPC_ENOT_EXISTENT, 1));
    EXPECT_EQ(w.kernel().irqs()[Line{3}].owner, &w.thread(a));
}

/// A makes this call while C is queued at it.
void expect_error_ends(const Ipc& call) {
    World w;
    Script caller({{100, call}}), queued(send_to(a, 1, 2));
    w.play({{a, caller.body()}, {c, queued.body()}});
    ASSERT_EQ(caller.returned(), 1u);
    EXPECT_EQ(caller[0], caller.only(L4_IPC_ENOT_EXISTENT));
    EXPECT_EQ(queued.returned(), 0u);
    EXPECT_EQ(w.state(c), For::send);
    EXPECT_EQ(w.thread(a).senders.front(), &w.thread(c));
}

TEST(Send, ThatFailsIsNotFollowedByAReceive) {
    ABI_ROW(ipc_send_error_ends_the_call);
    expect_error_ends(call_to(nobody, 5, 6));
}

TEST(Send, ThatFailsIsNotFollowedByAWait) {
    ABI_ROW(ipc_send_error_ends_the_call);
    expect_error_ends(reply_and_wait(nobody, 5, 6));
}

/// B makes `receive`, and A finds it waiting.
void expect_delivered(const Ipc& receive) {
    World w;
    Script receiver(receive), sender(send_to(b, 1, 2, L4_TIMEOUT_SND_ZERO));
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
}

TEST(Send, ToAThreadThatWaitsForAnyoneIsDelivered) {
    ABI_ROW(ipc_send_to_waiting_thread);
    expect_delivered(wait_open());
}

TEST(Send, ToAThreadThatWaitsForTheSenderIsDelivered) {
    ABI_ROW(ipc_send_to_waiting_thread);
    expect_delivered(receive_from(a));
}

TEST(Send, FindsItsPartnerByTaskAndThreadNumberOnly) {
    World w;
    const l4_threadid_t disguised{b.low | L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK,
                                  L4_ID_SITE_MASK | L4_ID_NEST_MASK};
    Script receiver(wait_open()), sender(send_to(disguised, 1, 2, L4_TIMEOUT_SND_ZERO));
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
}

TEST(Send, WithTimeoutZeroToAReadyThreadFailsAtOnce) {
    ABI_ROW(ipc_send_zero_not_waiting);
    World w;
    Script sender(send_to(b, 1, 2, L4_TIMEOUT_SND_ZERO)), receiver(poll());
    w.start(a, sender.body());
    w.start(b, receiver.body()); // ready, but its turn comes later
    w.run();
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_SETIMEOUT));
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_LT(sender.turn(), receiver.turn());
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
}

TEST(Send, WithTimeoutZeroToAThreadThatWaitsForAnotherFailsAtOnce) {
    ABI_ROW(ipc_send_zero_not_waiting);
    World w;
    Script receiver({{0, receive_from(c)}, {0, poll()}}), awaited({{100, send_to(b, 3, 4)}});
    Script sender(send_to(b, 1, 2, L4_TIMEOUT_SND_ZERO));
    w.play({{b, receiver.body()}, {c, awaited.body()}, {a, sender.body()}});
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_SETIMEOUT));
    ASSERT_EQ(receiver.returned(), 2u);
    EXPECT_EQ(receiver[0], message(c, 3, 4));
    EXPECT_EQ(receiver.time(), 100u);
    EXPECT_EQ(receiver[1], receiver.only(L4_IPC_RETIMEOUT, 1));
}

TEST(Send, WithTimeoutZeroToASleepingThreadFailsAtOnce) {
    ABI_ROW(ipc_send_zero_not_waiting);
    World w;
    Script receiver({{0, sleep_for(receive_timeout(Micros{100}))}, {0, poll()}});
    Script sender(send_to(b, 1, 2, L4_TIMEOUT_SND_ZERO));
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_SETIMEOUT));
    ASSERT_EQ(receiver.returned(), 2u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(receiver.time(), 100u);
    EXPECT_EQ(receiver[1], receiver.only(L4_IPC_RETIMEOUT, 1));
}

TEST(Send, EndsAtItsTimeout) {
    ABI_ROW(ipc_send_timeout);
    World w;
    Script sender({{50, send_to(b, 1, 2, send_timeout(Micros{100}))}}), receiver({{1000, poll()}});
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_SETIMEOUT));
    EXPECT_EQ(sender.time(), 150u);
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
}

/// A sends; B makes `receive` later.
void expect_waits_for(const Ipc& receive) {
    World w;
    Script sender(send_to(b, 1, 2)), receiver({{100, receive}});
    w.play({{a, sender.body()}, {b, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    ASSERT_EQ(sender.returned(), 1u);
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
    EXPECT_EQ(sender.time(), 100u);
}

TEST(Send, WaitsUntilThePartnerReceivesFromAnyone) {
    ABI_ROW(ipc_send_waits_for_receiver);
    expect_waits_for(wait_open());
}

TEST(Send, WaitsUntilThePartnerReceivesFromTheSender) {
    ABI_ROW(ipc_send_waits_for_receiver);
    expect_waits_for(receive_from(a));
}

TEST(Send, QueuesInOrderOfArrivalWhateverThePriority) {
    ABI_ROW(ipc_send_queue_is_fifo);
    World w;
    Script first({{10, send_to(d, 1, 0)}}), second({{20, send_to(d, 2, 0)}}), third({{30, send_to(d, 3, 0)}});
    Script receiver({{100, wait_open()}, {0, wait_open()}, {0, wait_open()}});
    w.play({{d, receiver.body()},
            {a, first.body(), {.prio = 10}},
            {b, second.body(), {.prio = 30}},
            {c, third.body(), {.prio = 20}}});
    ASSERT_EQ(receiver.returned(), 3u);
    EXPECT_EQ(receiver[0], message(a, 1, 0));
    EXPECT_EQ(receiver[1], message(b, 2, 0));
    EXPECT_EQ(receiver[2], message(c, 3, 0));
    for (const Script* s : {&first, &second, &third}) EXPECT_EQ((*s)[0], s->only(L4_IPC_OK));
}

TEST(Send, ToOneselfWithTimeoutZeroFailsAtOnce) {
    ABI_ROW(ipc_send_self_zero);
    World w;
    Script script({{0, send_to(a, 1, 2, L4_TIMEOUT_SND_ZERO)}, {0, reply_and_wait(a, 3, 4)}});
    w.play({{a, script.body()}});
    ASSERT_EQ(script.returned(), 2u);
    EXPECT_EQ(script[0], script.only(L4_IPC_SETIMEOUT, 0));
    EXPECT_EQ(script[1], script.only(L4_IPC_SETIMEOUT, 1));
}

TEST(Send, ToOneselfWaitsUntilCancelled) {
    ABI_ROW(ipc_send_self_waits);
    World w;
    Script script(send_to(a, 1, 2));
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    w.play({{a, script.body()}, {l4_threadid(5, 1), ex_regs_at(100, 0, there)}});
    EXPECT_EQ(script.returned(), 0u);
    ASSERT_EQ(landing.arrived.size(), 1u);
    EXPECT_EQ(landing.answer(), script.only(L4_IPC_SECANCELED));
}

TEST(Send, ToAThreadThatIsDeletedFails) {
    ABI_ROW(ipc_send_partner_deleted);
    World w;
    Script first({{10, send_to(d, 1, 2)}}), second({{20, send_to(d, 3, 4)}});
    w.play({{d, sim::park}, {b, second.body()}, {a, first.body()}});
    EXPECT_EQ(w.state(a), For::send);
    w.as_root(deletion(d));
    ASSERT_EQ(first.returned(), 1u);
    ASSERT_EQ(second.returned(), 1u);
    EXPECT_EQ(first[0], first.only(L4_IPC_ENOT_EXISTENT));
    EXPECT_EQ(second[0], second.only(L4_IPC_ENOT_EXISTENT));
    EXPECT_LT(first.turn(), second.turn());
}

TEST(Send, StaysQueuedAtAThreadThatIsKilledAndStartedAgain) {
    ABI_ROW(ipc_send_partner_killed_by_fault);
    World w;
    Script sender(send_to(b, 1, 2)), receiver(wait_open());
    const sim::Entry again = w.program(receiver.body());
    w.start(a, sender.body());
    w.start(b,
            [](User u) -> Program {
                co_await until(u, 100);
                co_await u.load8(0x10000000);
            },
            {.pager = nobody});
    For between{};
    w.start(l4_threadid(6, 1), [&](User u) -> Program {
        co_await until(u, 200);
        between = w.state(b);
        co_await u(sim::ExRegs{.target = 0, .eip = again.eip});
    });
    w.run();
    EXPECT_EQ(between, For::dead);
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
    EXPECT_EQ(sender.time(), 200u);
}

TEST(Send, ToAThreadOfTheOwnTaskIsDelivered) {
    ABI_ROW(ipc_send_own_task);
    World w;
    constexpr l4_threadid_t sibling = l4_threadid(5, 1);
    Script receiver(wait_open()), sender({{100, send_to(sibling, 1, 2, L4_TIMEOUT_SND_ZERO)}});
    w.play({{a, sender.body()}, {sibling, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
}

/// B, who waits, and the current thread A, who sends to it: is it A that goes on?
bool sender_goes_on(Word options) {
    World w;
    Script receiver(wait_open());
    Script sender({{100, {.partner = b, .send = options}}});
    w.play({{b, receiver.body()}, {a, sender.body()}});
    EXPECT_EQ(receiver.returned() + sender.returned(), 2u);
    return sender.turn() < receiver.turn();
}

TEST(Send, SwitchesToTheReceiverUnlessToldNotTo) {
    EXPECT_FALSE(sender_goes_on(0));
    EXPECT_TRUE(sender_goes_on(L4_SND_DECEIT));
    EXPECT_FALSE(sender_goes_on(L4_SND_MAP));
    EXPECT_TRUE(sender_goes_on(L4_SND_MAP | L4_SND_DECEIT));
}

} // namespace
} // namespace conformance::ipc
