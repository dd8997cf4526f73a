// SPDX-License-Identifier: BSD-2-Clause
// The receive part (docs/semantics.md 7.3, 7.4).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {
namespace {

constexpr l4_threadid_t nobody = l4_threadid(99, 0);
constexpr Word in_100us = l4_timeout(0, 0, 100, 15);

TEST(Receive, OfAMessageInRegistersGivesItsWordsAndSender) {
    ABI_ROW(ipc_receive_register_message);
    World w;
    Script receiver(wait_open()), sender(send_to(a, 0x12345678, 0xffffffff));
    w.play({{a, receiver.body()}, {b, sender.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(b, 0x12345678, 0xffffffff));
}

/// B, then C, are queued at A, who makes the calls later.
struct TwoQueued {
    World w;
    Script receiver, first{{{10, send_to(a, 1, 2)}}}, second{{{20, send_to(a, 3, 4)}}};
    explicit TwoQueued(std::vector<Script::Step> steps) : receiver(std::move(steps)) {
        w.play({{a, receiver.body()}, {b, first.body()}, {c, second.body()}});
    }
};

TEST(Receive, OpenTakesTheHeadOfTheQueue) {
    ABI_ROW(ipc_receive_open_takes_queue_head);
    TwoQueued x({{100, poll()}});
    ASSERT_EQ(x.receiver.returned(), 1u);
    EXPECT_EQ(x.receiver[0], message(b, 1, 2));
    EXPECT_EQ(x.first[0], x.first.only(L4_IPC_OK));
    EXPECT_EQ(x.w.state(c), For::send);
    EXPECT_EQ(x.w.thread(a).senders.front(), &x.w.thread(c));
}

TEST(Receive, ClosedTakesItsPartnerFromTheMiddleOfTheQueue) {
    ABI_ROW(ipc_receive_closed_skips_others);
    TwoQueued x({{100, receive_from(c, L4_TIMEOUT_RCV_ZERO)}, {0, poll()}});
    ASSERT_EQ(x.receiver.returned(), 2u);
    EXPECT_EQ(x.receiver[0], message(c, 3, 4));
    EXPECT_EQ(x.receiver[1], message(b, 1, 2));
}

TEST(Receive, ClosedLetsOthersWait) {
    ABI_ROW(ipc_receive_closed_ignores_others);
    World w;
    Script receiver({{0, receive_from(b)}, {300, wait_open()}});
    Script other({{100, send_to(a, 3, 4)}}), partner({{200, send_to(a, 1, 2)}});
    w.play({{a, receiver.body()}, {b, partner.body()}, {c, other.body()}});
    ASSERT_EQ(receiver.returned(), 2u);
    EXPECT_EQ(receiver[0], message(b, 1, 2));
    EXPECT_EQ(receiver.time(), 200u);
    EXPECT_EQ(receiver[1], message(c, 3, 4));
    EXPECT_EQ(other.time(), 300u);
}

TEST(Receive, OpenWithTimeoutZeroFailsAtOnceWhenNobodyIsQueued) {
    ABI_ROW(ipc_receive_zero);
    World w;
    Script receiver(poll());
    w.play({{a, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(receiver.time(), 0u);
}

/// A receives from B, while only C is queued; fails at that time.
void expect_only_other_queued(const Ipc& receive, Time end) {
    World w;
    Script receiver({{100, receive}}), other(send_to(a, 3, 4));
    w.play({{b, sim::park}, {a, receiver.body()}, {c, other.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(receiver.time(), end);
    EXPECT_EQ(w.state(c), For::send);
}

TEST(Receive, ClosedWithTimeoutZeroFailsAtOnceWhenOnlyOthersAreQueued) {
    ABI_ROW(ipc_receive_zero);
    expect_only_other_queued(receive_from(b, L4_TIMEOUT_RCV_ZERO), 100);
}

TEST(Receive, ClosedEndsAtItsTimeoutWhenOnlyOthersAreQueued) {
    ABI_ROW(ipc_receive_timeout);
    expect_only_other_queued(receive_from(b, in_100us), 200);
}

TEST(Receive, OpenEndsAtItsTimeout) {
    ABI_ROW(ipc_receive_timeout);
    World w;
    Script receiver({{50, wait_open(in_100us)}});
    w.play({{a, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(receiver.time(), 150u);
}

/// Receiving from that partner fails at once, however long one is ready to wait.
void expect_no_partner(World& w, l4_threadid_t partner) {
    Script receiver({{0, receive_from(partner)},
                     {0, receive_from(partner, L4_TIMEOUT_RCV_ZERO)},
                     {0, receive_from(partner, in_100us)}});
    const Time begin = w.now().raw();
    w.play({{e, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(receiver[i], receiver.only(L4_IPC_ENOT_EXISTENT, i));
    EXPECT_EQ(receiver.time(2), begin);
}

TEST(Receive, FromTheInvalidIdFailsAtOnce) {
    ABI_ROW(ipc_receive_invalid_partner);
    World w;
    expect_no_partner(w, l4_invalid_id());
}

TEST(Receive, FromATaskThatNeverWasFailsAtOnce) {
    ABI_ROW(ipc_receive_no_such_partner);
    World w;
    expect_no_partner(w, nobody);
}

TEST(Receive, FromAThreadThatWasNeverStartedFailsAtOnce) {
    ABI_ROW(ipc_receive_no_such_partner);
    World w;
    w.start(b, [](User u) -> Program { co_await u(sim::ExRegs{.target = 1}); });
    w.run();
    ASSERT_NE(w.find(l4_threadid(6, 1)), nullptr);
    expect_no_partner(w, l4_threadid(6, 1));
}

TEST(Receive, FromAKilledThreadFailsAtOnce) {
    ABI_ROW(ipc_receive_no_such_partner);
    World w;
    w.start(b, [](User u) -> Program { co_await u.load8(0x10000000); }, {.pager = nobody});
    w.run();
    EXPECT_EQ(w.state(b), For::dead);
    expect_no_partner(w, b);
}

TEST(Receive, OpenDoesNotLookAtThePartner) {
    ABI_ROW(ipc_receive_open_ignores_partner);
    for (const l4_threadid_t partner : {l4_nil_id(), l4_invalid_id(), nobody, l4_irq_id(3)}) {
        World w;
        Script receiver({.partner = partner, .receive = L4_RCV_OPEN}), sender({{100, send_to(a, 1, 2)}});
        w.play({{a, receiver.body()}, {b, sender.body()}});
        ASSERT_EQ(receiver.returned(), 1u);
        EXPECT_EQ(receiver[0], message(b, 1, 2));
        EXPECT_EQ(receiver.time(), 100u);
    }
}

TEST(Receive, FromOneselfEndsAtItsTimeout) {
    ABI_ROW(ipc_receive_self);
    World w;
    Script receiver({{10, receive_from(a, L4_TIMEOUT_RCV_ZERO)}, {10, receive_from(a, in_100us)}});
    w.play({{a, receiver.body()}});
    ASSERT_EQ(receiver.returned(), 2u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(receiver.time(0), 10u);
    EXPECT_EQ(receiver[1], receiver.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(receiver.time(1), 110u);
}

TEST(Receive, ThatFailsLeavesWordsAndIdAlone) {
    ABI_ROW(ipc_receive_error_keeps_registers);
    World w;
    const Word both = L4_TIMEOUT_SND_ZERO | in_100us;
    Script script({{0, receive_from(nobody)},
                   {0, poll()},
                   {0, call_to(nobody, 1, 2)},
                   {0, call_to(b, 3, 4, both)},     // B does not wait
                   {100, call_to(b, 5, 6, both)}}); // it takes the message and does not answer
    Script partner({{50, wait_open()}});
    w.play({{b, partner.body()}, {a, script.body()}});
    ASSERT_EQ(script.returned(), 5u);
    EXPECT_EQ(script[0], script.only(L4_IPC_ENOT_EXISTENT, 0));
    EXPECT_EQ(script[1], script.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(script[2], script.only(L4_IPC_ENOT_EXISTENT, 2));
    EXPECT_EQ(script[3], script.only(L4_IPC_SETIMEOUT, 3));
    EXPECT_EQ(script[4], script.only(L4_IPC_RETIMEOUT, 4));
}

/// A makes a call; its sibling sends it elsewhere meanwhile.  B takes no message, C one, and answers none.
void expect_cancelled(const Ipc& call, Word code) {
    World w;
    Script script(call), listener(wait_open());
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    w.play({{c, listener.body()},
            {a, script.body()},
            {l4_threadid(5, 1), ex_regs_at(100, 0, there)},
            {b, sim::park}});
    ASSERT_EQ(landing.arrived.size(), 1u);
    EXPECT_EQ(landing.answer(), script.only(code));
}

TEST(Receive, ThatIsCancelledLeavesWordsAndIdAlone) {
    ABI_ROW(ipc_receive_error_keeps_registers);
    expect_cancelled(wait_open(), L4_IPC_RECANCELED);
    expect_cancelled(receive_from(b), L4_IPC_RECANCELED);
    expect_cancelled(sleep_for(L4_TIMEOUT_NEVER), L4_IPC_RECANCELED);
    expect_cancelled(call_to(b, 1, 2), L4_IPC_SECANCELED);
    expect_cancelled(call_to(c, 1, 2), L4_IPC_RECANCELED);
}

TEST(Receive, ClosedGoesOnWhenItsPartnerIsDeleted) {
    ABI_ROW(ipc_receive_partner_deleted);
    World w;
    Script receiver(receive_from(b, receive_timeout(Micros{200})));
    bool deleted = false;
    w.start(b, sim::park);
    w.start(a, receiver.body());
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await until(u, 100);
        const sim::TaskNewResult result = co_await u(deletion(b));
        deleted = result.ok();
    });
    w.run();
    EXPECT_TRUE(deleted);
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(receiver.time(), 200u);
}

TEST(Receive, ClosedAcceptsItsPartnerWhenThatWasCreatedAgain) {
    ABI_ROW(ipc_receive_partner_created_again);
    World w;
    Script receiver(receive_from(b)), sender(send_to(a, 1, 2));
    const sim::Entry again = w.program(sender.body());
    w.play({{b, sim::park}, {a, receiver.body()}});
    EXPECT_TRUE(w.as_root(deletion(b)).ok());
    EXPECT_EQ(w.state(a), For::receive);
    EXPECT_TRUE(w.as_root(sim::TaskNew{.task = b, .eip = again.eip, .pager = root}).ok());
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(b, 1, 2));
}

TEST(Sleep, EndsAtItsTimeout) {
    ABI_ROW(ipc_sleep);
    World w;
    Script sleeper({{50, sleep_for(in_100us)}});
    w.play({{a, sleeper.body()}});
    ASSERT_EQ(sleeper.returned(), 1u);
    EXPECT_EQ(sleeper[0], sleeper.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(sleeper.time(), 150u);
}

TEST(Sleep, IsNotDisturbed) {
    ABI_ROW(ipc_sleep_is_not_disturbed);
    World w;
    Script sleeper({{0, receive_from(l4_irq_id(3), L4_TIMEOUT_RCV_ZERO)},
                    {0, sleep_for(receive_timeout(Micros{200}))},
                    {0, poll()},
                    {0, poll()}});
    Script sender({{50, send_to(a, 1, 2)}});
    w.start(a, sleeper.body());
    w.start(b, sender.body());
    w.at(Micros{100}, Line{3});
    w.run();
    ASSERT_EQ(sleeper.returned(), 4u);
    EXPECT_EQ(sleeper[1], sleeper.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(sleeper.time(1), 200u);
    EXPECT_EQ(sleeper[2], interrupt(3, sleeper.call(2)));
    EXPECT_EQ(sleeper[3], message(b, 1, 2));
}

} // namespace
} // namespace conformance::ipc
