// SPDX-License-Identifier: BSD-2-Clause
// Transfers that end before their end (docs/semantics.md 7.7, 7.8).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/holed.h"

namespace conformance::ipc {
namespace {

using enum Pager::Reply;
using Missing = Holed::Side;

constexpr Word zero = L4_TIMEOUT_PF_ZERO, in_64us = 12;

void expect_timed_out(const Holed& h, Missing side) {
    if (side == Missing::sender)
        expect_ended(h, L4_IPC_RERCVPFTO, L4_IPC_SERCVPFTO);
    else
        expect_ended(h, L4_IPC_RESNDPFTO, L4_IPC_SESNDPFTO);
}

void expect_zero_fails(Missing side) {
    Holed h(side, {map});
    h.allow(zero);
    h.run();
    expect_timed_out(h, side);
    EXPECT_TRUE(h.pager.messages.empty());
    EXPECT_EQ(h.x.sender.end, 1000u);
}

TEST(TransferFault, InTheSendersSpaceFailsAtOnceWhenTheReceiverAllowsNone) {
    ABI_ROW(ipc_fault_in_sender_zero);
    expect_zero_fails(Missing::sender);
}

TEST(TransferFault, InTheReceiversSpaceFailsAtOnceWhenTheSenderAllowsNone) {
    ABI_ROW(ipc_fault_in_receiver_zero);
    expect_zero_fails(Missing::receiver);
}

TEST(TransferFault, OfNoTimeFailsBeforeThePagerIsLookedAt) {
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.allow(zero);
        h.owner().pager = l4_nil_id();
        h.run();
        expect_timed_out(h, side);
    }
}

TEST(TransferFault, IsNoBusinessOfTheOtherSidesOwnTimeout) {
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.owner().call.timeout = l4_timeout_pf(zero, zero);
        h.allow(L4_TIMEOUT_PF_NEVER);
        h.run();
        EXPECT_EQ(h.x.sent().error(), L4_IPC_OK);
        EXPECT_EQ(h.pager.messages.size(), 1u);
    }
}

/// The pager has the message and does not answer in time; it does so later.
void expect_unanswered_fails(Missing side) {
    Holed h(side, {map}, 500);
    h.allow(in_64us);
    h.run();
    expect_timed_out(h, side);
    EXPECT_EQ(h.x.sender.end, 1064u);
    EXPECT_EQ(h.x.receiver.end, 1064u);
    ASSERT_EQ(h.pager.results.size(), 1u);
    EXPECT_EQ(h.pager.results[0].error(), L4_IPC_SETIMEOUT);
}

/// The pager does not take the message in time.
void expect_untaken_fails(Missing side) {
    Holed h(side, {map});
    Script busy({{2000, poll()}});
    h.allow(in_64us);
    h.owner().pager = d;
    h.w.start(d, busy.body());
    h.run();
    expect_timed_out(h, side);
    EXPECT_EQ(h.x.sender.end, 1064u);
    ASSERT_EQ(busy.returned(), 1u);
    EXPECT_EQ(busy[0], busy.only(L4_IPC_RETIMEOUT));
}

TEST(TransferFault, InTheSendersSpaceLastsNoLongerThanTheReceiverAllows) {
    ABI_ROW(ipc_fault_in_sender_timeout);
    expect_unanswered_fails(Missing::sender);
    expect_untaken_fails(Missing::sender);
}

TEST(TransferFault, InTheReceiversSpaceLastsNoLongerThanTheSenderAllows) {
    ABI_ROW(ipc_fault_in_receiver_timeout);
    expect_unanswered_fails(Missing::receiver);
    expect_untaken_fails(Missing::receiver);
}

TEST(TransferFault, TimeCountsFromEachFaultAnew) {
    for (const Missing side : both_sides) {
        Holed h(side, {words, words, map}, 50);
        h.allow(in_64us);
        h.run();
        EXPECT_EQ(h.x.sent().error(), L4_IPC_OK);
        EXPECT_EQ(h.x.sender.end, 1150u);
    }
}

void expect_not_handled(Holed& h) {
    h.run();
    expect_ended(h, L4_IPC_REABORTED, L4_IPC_SEABORTED);
    EXPECT_EQ(h.w.state(a), For::sleep);
    EXPECT_EQ(h.w.state(b), For::sleep);
}

TEST(TransferFault, WithoutAPagerEndsTheTransfer) {
    ABI_ROW(ipc_fault_not_handled);
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.owner().pager = l4_nil_id();
        expect_not_handled(h);
        EXPECT_TRUE(h.pager.messages.empty());
    }
}

TEST(TransferFault, OfADeadPagerEndsTheTransfer) {
    ABI_ROW(ipc_fault_not_handled);
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.w.start(d, [](User u) -> Program { co_await u(sim::ExRegs{.target = 1}); });
        h.owner().pager = l4_threadid(8, 1);
        expect_not_handled(h);
        EXPECT_EQ(h.w.state(l4_threadid(8, 1)), For::dead);
    }
}

TEST(TransferFault, OfADeletedPagerEndsTheTransfer) {
    ABI_ROW(ipc_fault_not_handled);
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.w.start(d, sim::park);
        h.w.spawn(L4_TASK_ROOT, 1, [](User u) -> Program {
            co_await until(u, 700);
            co_await u(deletion(d));
        });
        h.owner().pager = d;
        expect_not_handled(h);
        EXPECT_FALSE(h.w.find(d));
    }
}

TEST(TransferFault, ThatThePagerRefusesEndsTheTransfer) {
    ABI_ROW(ipc_fault_not_handled);
    for (const Missing side : both_sides) {
        Holed h(side, {refuse});
        expect_not_handled(h);
        EXPECT_EQ(h.pager.messages, (std::vector<Answer>{h.expected_fault()}));
        EXPECT_EQ(h.pager.results[0].dope, L4_IPC_OK);
    }
}

/// The transfer is over: what was moved is there, the rest is as before.
void expect_words_stay(Holed& h) {
    h.run();
    EXPECT_NE(h.x.got().error(), L4_IPC_OK);
    EXPECT_EQ(h.head(), h.sent_head());
    EXPECT_EQ(h.tail(), Bytes(Holed::part, Holed::before));
    EXPECT_EQ(h.x.receiver.received_size(0), 0u);
    EXPECT_EQ(h.x.receiver.buffer.word(0), Exchange::w0);
}

TEST(TransferFault, ThatEndsTheTransferLeavesWhatHasBeenMoved) {
    ABI_ROW(ipc_abort_words_stay);
    Holed refused(Missing::sender, {refuse}, 0, 3), late(Missing::sender, {none}, 0, 3),
        at_once(Missing::sender, {map}, 0, 3);
    late.allow(in_64us);
    at_once.allow(zero);
    for (Holed* h : {&refused, &late, &at_once}) expect_words_stay(*h);
}

/// The transfer waits for a page of the sender's or the receiver's. At time 1100 a sibling of A, or B, sends
/// that to another place; C is ready then, too.
struct Redirected : Holed {
    Landing landing;
    std::uint64_t others_turn = 0;

    Redirected(Missing side, l4_threadid_t who, Word flags, Time answer_after = 10000)
        : Holed(side, {map}, answer_after) {
        const sim::Entry there = w.program(landing.body());
        w.start({who.low + l4_threadid(0, 1).low, 0}, ex_regs_at(1100, 0, there, flags));
        w.start(c, [this](User u) -> Program {
            co_await until(u, 1100);
            others_turn = u.world().instructions();
        });
        run();
    }
};

TEST(Transfer, IsEndedByExRegsOnItsSender) {
    ABI_ROW(ipc_abort_by_ex_regs_on_sender);
    for (const Missing side : both_sides) {
        const Redirected h(side, a, 0);
        ASSERT_EQ(h.landing.arrived.size(), 1u);
        EXPECT_EQ(h.landing.answer(), h.x.sender.only(L4_IPC_SEABORTED));
        EXPECT_FALSE(h.x.sender.answer);
        EXPECT_EQ(h.x.got(), h.x.receiver.only(L4_IPC_REABORTED));
        EXPECT_LT(h.others_turn, h.x.receiver.turn);
        EXPECT_LT(h.x.receiver.turn, h.landing.turn);
    }
}

TEST(Transfer, IsEndedByExRegsOnItsReceiver) {
    ABI_ROW(ipc_abort_by_ex_regs_on_receiver);
    for (const Missing side : both_sides) {
        const Redirected h(side, b, 0);
        ASSERT_EQ(h.landing.arrived.size(), 1u);
        EXPECT_EQ(h.landing.answer(), h.x.receiver.only(L4_IPC_REABORTED));
        EXPECT_FALSE(h.x.receiver.answer);
        EXPECT_EQ(h.x.sent(), h.x.sender.only(L4_IPC_SEABORTED));
        EXPECT_LT(h.others_turn, h.landing.turn);
        EXPECT_LT(h.landing.turn, h.x.sender.turn);
    }
}

TEST(Transfer, IsNotEndedByExRegsThatCancelsNothing) {
    ABI_ROW(ipc_abort_not_by_no_cancel);
    for (const Missing side : both_sides) {
        const Redirected h(side, a, L4_EX_REGS_NO_CANCEL, 500);
        ASSERT_EQ(h.landing.arrived.size(), 1u);
        EXPECT_EQ(h.landing.answer(), h.x.sender.only(L4_IPC_OK));
        EXPECT_EQ(h.x.got(), Exchange::delivered(0x4100));
        EXPECT_EQ(h.x.receiver.end, 1500u);
    }
}

TEST(Transfer, IsNotEndedForItsReceiverByExRegsThatCancelsNothing) {
    const Redirected h(Missing::sender, b, L4_EX_REGS_NO_CANCEL, 500);
    ASSERT_EQ(h.landing.arrived.size(), 1u);
    EXPECT_EQ(h.landing.answer(), Exchange::delivered(0x4100));
    EXPECT_EQ(h.x.sent(), h.x.sender.only(L4_IPC_OK));
}

/// At time 1100 root deletes that task.
void delete_at_1100(Holed& h, l4_threadid_t task) {
    h.w.spawn(L4_TASK_ROOT, 1, [task](User u) -> Program {
        co_await until(u, 1100);
        co_await u(deletion(task));
    });
    h.run();
    EXPECT_FALSE(h.w.find(task));
}

/// That side is told when the other one is deleted.
void expect_told(Side Exchange::*side, l4_threadid_t deleted, Word code) {
    for (const Missing missing : both_sides) {
        Holed h(missing, {none});
        delete_at_1100(h, deleted);
        const Side& told = h.x.*side;
        EXPECT_EQ(told.answer.value_or(Answer{}), told.only(code));
        EXPECT_EQ(told.end, 1100u);
    }
}

TEST(Transfer, IsEndedByTheDeletionOfEitherSide) {
    ABI_ROW(ipc_abort_by_deletion);
    expect_told(&Exchange::receiver, a, L4_IPC_REABORTED);
    expect_told(&Exchange::sender, b, L4_IPC_SEABORTED);
}

TEST(Transfer, IsEndedByTheDeletionOfAPagerThatHasNotTakenTheFault) {
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.w.start(d, sim::park);
        h.owner().pager = d;
        delete_at_1100(h, d);
        expect_ended(h, L4_IPC_REABORTED, L4_IPC_SEABORTED);
        EXPECT_EQ(h.x.sender.end, 1100u);
    }
}

TEST(Transfer, WaitsOnWhenThePagerIsDeletedThatHasTakenTheFault) {
    for (const Missing side : both_sides) {
        Holed h(side, {none});
        h.allow(8); // 4^7 us
        delete_at_1100(h, e);
        EXPECT_EQ(h.x.sender.end, 1000u + 16384u);
        EXPECT_NE(h.x.sent().error(), L4_IPC_OK);
    }
}

/// Ends the transfer at 1100 from outside; the pager of the fault comes to it only at 2000.
void expect_withdrawn(Missing side, l4_threadid_t who) {
    Holed h(side, {map});
    Script busy({{2000, poll()}});
    h.owner().pager = d;
    h.w.start(d, busy.body());
    h.w.start({who.low + l4_threadid(0, 1).low, 0}, ex_regs_at(1100, 0, h.w.program(sim::park)));
    h.run();
    ASSERT_EQ(busy.returned(), 1u);
    EXPECT_EQ(busy[0], busy.only(L4_IPC_RETIMEOUT));
}

TEST(Transfer, ThatIsEndedWithdrawsItsFaultFromThePagersQueue) {
    ABI_ROW(ipc_abort_withdraws_the_fault);
    for (const Missing side : both_sides)
        for (const l4_threadid_t who : {a, b}) expect_withdrawn(side, who);
}

TEST(Transfer, ThatIsEndedDoesNotWaitForThePagersAnswer) {
    ABI_ROW(ipc_abort_withdraws_the_fault);
    for (const Missing side : both_sides)
        for (const l4_threadid_t who : {a, b}) {
            const Redirected h(side, who, 0, 500);
            ASSERT_EQ(h.pager.results.size(), 1u);
            EXPECT_EQ(h.pager.results[0].error(), L4_IPC_SETIMEOUT);
        }
}

TEST(Transfer, WhosePagerIsItsPartnerEndsAtItsTimeout) {
    for (const Missing side : both_sides) {
        Holed h(side, {map});
        h.owner().pager = side == Missing::sender ? b : a;
        h.allow(in_64us);
        h.run();
        expect_timed_out(h, side);
        EXPECT_EQ(h.x.sender.end, 1064u);
    }
}

/// A calls B; B only receives, or has made a call, too: to C, who does not answer.
void expect_registers_kept(Missing side, Word pf_timeout, bool b_calls, Word receiver_code,
                           Word sender_code) {
    Holed h(side, {refuse});
    Script listener(wait_open());
    h.w.start(c, listener.body());
    h.allow(pf_timeout);
    h.x.sender.call.receive = 0;
    if (b_calls) {
        h.x.receiver.call.partner = c;
        h.x.receiver.call.send = 0;
    }
    h.run();
    EXPECT_EQ(listener.returned(), b_calls ? 1u : 0u);
    expect_ended(h, receiver_code, sender_code);
}

TEST(TransferAbort, LeavesWordsAndIdsOfBothSidesAlone) {
    ABI_ROW(ipc_receive_error_keeps_registers);
    for (const bool b_calls : {false, true}) {
        expect_registers_kept(Missing::receiver, zero, b_calls, L4_IPC_RESNDPFTO, L4_IPC_SESNDPFTO);
        expect_registers_kept(Missing::sender, zero, b_calls, L4_IPC_RERCVPFTO, L4_IPC_SERCVPFTO);
        for (const Missing side : both_sides)
            expect_registers_kept(side, L4_TIMEOUT_PF_NEVER, b_calls, L4_IPC_REABORTED, L4_IPC_SEABORTED);
    }
}

} // namespace
} // namespace conformance::ipc
