// SPDX-License-Identifier: BSD-2-Clause
// Interrupts as messages to their owners (docs/semantics.md 8).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/ipc/support/lines.h"

namespace conformance::ipc {
namespace {

TEST(Interrupt, ThatIsFreeCanNotBeWaitedFor) {
    ABI_ROW(irq_wait_not_owner);
    World w;
    Script script({{0, receive_from(irq)}, {0, receive_from(irq, in_100us)}});
    w.play({{a, script.body()}});
    ASSERT_EQ(script.returned(), 2u);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(script[i], script.only(L4_IPC_ENOT_EXISTENT, i));
    EXPECT_EQ(script.time(1), 0u);
    expect_free(w, line);
}

TEST(Interrupt, ThatAnotherOwnsCanNotBeWaitedFor) {
    ABI_ROW(irq_wait_not_owner);
    World w;
    Script owner(attach()), script({{0, receive_from(irq)}, {0, receive_from(irq, in_100us)}});
    w.play({{b, owner.body()}, {a, script.body()}});
    ASSERT_EQ(script.returned(), 2u);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(script[i], script.only(L4_IPC_ENOT_EXISTENT, i));
    EXPECT_EQ(script.time(1), 0u);
}

/// A waits so; the interrupt comes.
void expect_delivered(const Ipc& wait) {
    World w;
    Script owner({{0, attach()}, {0, wait}});
    w.start(a, owner.body());
    w.at(Micros{100}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], interrupt(3, wait));
    EXPECT_EQ(owner.time(1), 100u);
    EXPECT_FALSE(pending(w, line));
    EXPECT_FALSE(masked(w, line));
}

TEST(Interrupt, IsDeliveredToAClosedWait) {
    ABI_ROW(irq_wait);
    expect_delivered(receive_from(irq));
    expect_delivered(receive_from(irq, l4_timeout(0, 0, 200, 15)));
}

TEST(Interrupt, IsDeliveredToAnOpenWait) {
    ABI_ROW(irq_wait);
    expect_delivered(wait_open());
}

TEST(Interrupt, WaitEndsAtItsTimeout) {
    ABI_ROW(irq_wait_timeout);
    World w;
    Script owner({{0, attach()}, {50, receive_from(irq, in_100us)}});
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], owner.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(owner.time(1), 150u);
    EXPECT_EQ(owner_of(w, line), &w.thread(a));
}

/// The interrupt comes while A runs; then A receives so.
void expect_delivered_late(const Ipc& receive) {
    World w;
    Answer answer;
    bool masked_before = false, masked_meanwhile = false, pending_meanwhile = false;
    w.start(b, [](User u) -> Program { co_await u.wait(); });
    w.start(a, [&](User u) -> Program {
        co_await u(attach());
        masked_before = masked(w, line);
        co_await u.compute(200);
        masked_meanwhile = masked(w, line);
        pending_meanwhile = pending(w, line);
        const IpcResult result = co_await u(receive);
        answer = Answer::of(result);
    });
    w.at(Micros{100}, line);
    w.run();
    EXPECT_EQ(answer, interrupt(3, receive));
    EXPECT_EQ(w.now(), Micros{200});
    EXPECT_FALSE(masked_before);
    EXPECT_TRUE(masked_meanwhile);
    EXPECT_TRUE(pending_meanwhile);
    EXPECT_FALSE(masked(w, line));
    EXPECT_FALSE(pending(w, line));
}

TEST(Interrupt, ThatIsPendingIsDeliveredAtOnce) {
    ABI_ROW(irq_pending_then_receive);
    expect_delivered_late(receive_from(irq, L4_TIMEOUT_RCV_ZERO));
    expect_delivered_late(receive_from(irq));
    expect_delivered_late(wait_open());
    expect_delivered_late(poll());
    expect_delivered_late(reply_and_wait(b, 1, 2)); // B waits for it: a message by the short way
}

TEST(Interrupt, ThatIsNotPendingIsNotDeliveredToAPoll) {
    ABI_ROW(irq_poll_nothing);
    World w;
    Script owner({{0, attach()}, {0, attach()}});
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], owner.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(owner_of(w, line), &w.thread(a));
}

TEST(Interrupt, ComesBeforeQueuedSenders) {
    ABI_ROW(irq_before_queued_senders);
    World w;
    Script owner({{0, attach()}, {100, wait_open()}}), sender({{20, send_to(a, 1, 2)}});
    w.start(a, owner.body());
    w.start(b, sender.body());
    w.at(Micros{50}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], interrupt(3, owner.call(1)));
    EXPECT_EQ(w.state(b), For::send);
}

TEST(Interrupt, DoesNotEndAWaitForAThread) {
    ABI_ROW(irq_not_to_closed_wait_for_other);
    World w;
    Script owner({{0, attach()}, {0, receive_from(b, l4_timeout(0, 0, 200, 15))}, {0, poll()}});
    w.start(b, sim::park);
    w.start(a, owner.body());
    w.at(Micros{100}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 3u);
    EXPECT_EQ(owner[1], owner.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(owner.time(1), 200u);
    EXPECT_EQ(owner[2], interrupt(3, owner.call(2)));
}

/// After each interrupt event of the line: is it masked?
struct MaskLog : sim::Observer {
    std::vector<bool> masked;
    void after(sim::World& w, const kern::Event& e, const kern::Thread&) override {
        if (e.kind == kern::Event::Kind::irq && e.code == line.raw())
            masked.push_back(w.machine().irqs().masked(line));
    }
};

TEST(Interrupt, MasksItsLineUntilItIsDelivered) {
    ABI_ROW(irq_masked_until_delivered);
    World w;
    MaskLog log;
    w.observe(log);
    Script owner({{0, attach()}, {200, receive_from(irq)}, {0, receive_from(irq)}});
    bool masked_meanwhile = false;
    w.start(a, owner.body());
    w.start(b, [&](User u) -> Program {
        co_await until(u, 150);
        masked_meanwhile = masked(w, line);
    });
    w.at(Micros{100}, line); // a is busy
    w.at(Micros{300}, line); // a waits
    w.run();
    EXPECT_EQ(log.masked, (std::vector<bool>{true, false}));
    EXPECT_TRUE(masked_meanwhile);
    ASSERT_EQ(owner.returned(), 3u);
    EXPECT_EQ(owner[1], interrupt(3, owner.call(1)));
    EXPECT_EQ(owner.time(1), 200u);
    EXPECT_EQ(owner[2], interrupt(3, owner.call(2)));
    EXPECT_EQ(owner.time(2), 300u);
}

/// Between the event and its delivery the line is masked, too: but then somebody owns it.
TEST(Interrupt, ThatComesBeforeTheLastOneIsDeliveredIsNotForgotten) {
    ABI_ROW(irq_masked_until_delivered);
    World w;
    Script owner({{0, attach()}, {300, receive_from(irq)}, {0, receive_from(irq)}});
    w.start(a, owner.body());
    w.at(Micros{100}, line);
    w.at(Micros{200}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 3u);
    EXPECT_EQ(owner[1], interrupt(3, owner.call(1)));
    EXPECT_EQ(owner[2], interrupt(3, owner.call(2)));
    EXPECT_EQ(owner.time(2), 300u);
}

/// Who goes on in which order when the interrupt wakes A, of that priority, while B runs and C is ready.
std::string order_after_interrupt(std::uint8_t prio_of_owner) {
    World w;
    std::string order;
    const auto work = [&](User u, Word length, char name) -> Program {
        co_await until(u, 100);
        co_await u.compute(length);
        order += name;
    };
    w.start(a,
            [&](User u) -> Program {
                co_await u(attach());
                co_await u(receive_from(irq));
                order += 'A';
            },
            {.prio = prio_of_owner});
    w.start(b, [&](User u) { return work(u, 100, 'B'); });
    w.start(c, [&](User u) { return work(u, 0, 'C'); });
    w.at(Micros{150}, line);
    w.run();
    return order;
}

TEST(Interrupt, WakesItsOwnerByPriority) {
    ABI_ROW(irq_wakes_owner);
    EXPECT_EQ(order_after_interrupt(L4_PRIO_ROOT + 1), "ABC");
    EXPECT_EQ(order_after_interrupt(L4_PRIO_ROOT), "BCA");
}

} // namespace
} // namespace conformance::ipc
