// SPDX-License-Identifier: BSD-2-Clause
// Who may own an interrupt, and how it is given back (docs/semantics.md 8).
#include <gtest/gtest.h>

#include "l4/abi/exception.h"
#include "test/conformance/ipc/support/lines.h"

namespace conformance::ipc {
namespace {

/// A makes that one call at time 100 and owns the line then.
void expect_attaches(const Ipc& call) {
    World w;
    Script owner({{100, call}});
    w.start(a, owner.body());
    expect_free(w, line);
    w.run();
    ASSERT_EQ(owner.returned(), 1u);
    EXPECT_EQ(owner[0], owner.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(owner.time(), 100u);
    EXPECT_EQ(owner_of(w, line), &w.thread(a));
    EXPECT_FALSE(masked(w, line));
}

TEST(Interrupt, IsAttachedByAReceiveWithTimeoutZero) {
    ABI_ROW(irq_attach);
    expect_attaches(attach());
}

TEST(Interrupt, IsAttachedByAReceiveWithADeadlineThatIsOver) {
    ABI_ROW(irq_attach);
    for (const Word man : {90u, 100u})
        expect_attaches(
            {.partner = {irq.low, L4_IPC_ABS_RCV}, .receive = 0, .timeout = l4_timeout(0, 0, man, 15)});
}

TEST(Interrupt, ThatAnotherOwnsCanNotBeAttached) {
    ABI_ROW(irq_attach_owned_by_other);
    World w;
    Script owner(attach()), other(attach());
    w.play({{a, owner.body()}, {b, other.body()}});
    ASSERT_EQ(other.returned(), 1u);
    EXPECT_EQ(other[0], other.only(L4_IPC_ENOT_EXISTENT));
    EXPECT_EQ(owner_of(w, line), &w.thread(a));
    EXPECT_FALSE(w.thread(b).holds_irq());
}

TEST(Interrupt, IsNotAttachedByAThreadThatHasOne) {
    ABI_ROW(irq_attach_second_line);
    World w;
    Script owner({{0, attach()}, {0, attach(other_irq)}});
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], owner.only(L4_IPC_ENOT_EXISTENT, 1));
    EXPECT_EQ(owner_of(w, line), &w.thread(a));
    expect_free(w, other_line);
}

TEST(Interrupt, ThatTheMachineDoesNotOfferDoesNotExist) {
    ABI_ROW(irq_line_not_offered);
    World w;
    for (const Word l : {0u, 2u, 16u, 254u}) {
        Script script({{0, attach(l4_irq_id(l))},
                       {0, receive_from(l4_irq_id(l))},
                       {0, receive_from(l4_irq_id(l), in_100us)}});
        w.play({{a, script.body()}});
        ASSERT_EQ(script.returned(), 3u);
        for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(script[i], script.only(L4_IPC_ENOT_EXISTENT, i));
    }
    EXPECT_FALSE(w.thread(a).holds_irq());
}

/// The interrupt comes at 100, when nobody owns the line; A attaches, polls, and gets the next one.
void expect_forgotten(bool had_an_owner) {
    World w;
    Script before({{0, attach()}, {50, detach()}});
    Script owner({{200, attach()}, {0, attach()}, {300, attach()}, {0, receive_from(irq)}});
    if (had_an_owner) w.start(b, before.body());
    w.start(a, owner.body());
    w.start(c, [&](User u) -> Program {
        co_await until(u, 150);
        expect_free(w, line);
    });
    w.at(Micros{100}, line);
    w.at(Micros{400}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 4u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(owner[i], owner.only(L4_IPC_RETIMEOUT, i));
    EXPECT_EQ(owner[3], interrupt(3, owner.call(3)));
    EXPECT_EQ(owner.time(3), 400u);
}

TEST(Interrupt, ThatNobodyOwnsIsForgotten) {
    ABI_ROW(irq_without_owner);
    expect_forgotten(false);
    expect_forgotten(true);
}

/// As if a device had been faster than the mask.
TEST(Interrupt, ThatNobodyOwnsIsMaskedByItsEvent) {
    ABI_ROW(irq_without_owner);
    World w;
    w.run();
    w.machine().unmask(line);
    w.machine().irqs().raise(line);
    w.run();
    expect_free(w, line);
    Script owner({{0, attach()}, {0, attach()}});
    w.play({{a, owner.body()}});
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[0], owner.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(owner[1], owner.only(L4_IPC_RETIMEOUT, 1));
}

/// A gives the line back; B attaches to it and polls.
void expect_detaches(bool with_interrupt) {
    World w;
    Script owner({{0, attach()}, {200, detach()}}), next({{300, attach()}, {0, attach()}});
    w.start(a, owner.body());
    w.start(b, next.body());
    w.start(c, [&](User u) -> Program {
        co_await until(u, 250);
        expect_free(w, line);
    });
    if (with_interrupt) w.at(Micros{100}, line);
    w.run();
    ASSERT_EQ(owner.returned(), 2u);
    EXPECT_EQ(owner[1], owner.only(L4_IPC_RETIMEOUT, 1));
    ASSERT_EQ(next.returned(), 2u);
    EXPECT_EQ(next[0], next.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(next[1], next.only(L4_IPC_RETIMEOUT, 1));
    EXPECT_EQ(owner_of(w, line), &w.thread(b));
    EXPECT_FALSE(w.thread(a).holds_irq());
}

TEST(Interrupt, IsGivenBackByASleepOfNoLength) {
    ABI_ROW(irq_detach);
    expect_detaches(false);
}

TEST(Interrupt, ThatIsPendingIsLostWhenItIsGivenBack) {
    ABI_ROW(irq_detach);
    expect_detaches(true);
}

TEST(Interrupt, CanBeGivenBackByAThreadThatHasNone) {
    ABI_ROW(irq_detach_nothing);
    World w;
    Script script({{0, detach()}, {0, attach()}});
    w.play({{a, script.body()}});
    ASSERT_EQ(script.returned(), 2u);
    EXPECT_EQ(script[0], script.only(L4_IPC_RETIMEOUT, 0));
    EXPECT_EQ(script[1], script.only(L4_IPC_RETIMEOUT, 1));
}

TEST(Interrupt, IsFreeWhenItsOwnerIsDeleted) {
    ABI_ROW(irq_detach_by_end);
    World w;
    Script owner(attach()), next(attach());
    w.play({{a, owner.body()}});
    w.as_root(deletion(a));
    expect_free(w, line);
    w.play({{b, next.body()}});
    EXPECT_EQ(next[0], next.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(owner_of(w, line), &w.thread(b));
}

TEST(Interrupt, IsFreeWhenItsOwnerIsKilled) {
    ABI_ROW(irq_detach_by_end);
    World w;
    Script next(attach());
    w.start(a, [](User u) -> Program {
        co_await u(attach());
        co_await u.raise(L4_TRAP_DIVIDE);
    });
    w.run();
    EXPECT_EQ(w.state(a), For::dead);
    expect_free(w, line);
    w.play({{b, next.body()}});
    EXPECT_EQ(next[0], next.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(owner_of(w, line), &w.thread(b));
}

} // namespace
} // namespace conformance::ipc
