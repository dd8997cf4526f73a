// SPDX-License-Identifier: BSD-2-Clause
// What is true of every ipc call.
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {
namespace {

TEST(Ipc, WithNeitherPartReturnsAtOnce) {
    ABI_ROW(ipc_nothing_to_do);
    World w;
    const Ipc nothing{.w0 = 1, .w1 = 2};
    Script script(
        {{0, nothing},
         {0, {.partner = l4_invalid_id(), .w0 = 3, .w1 = 4, .timeout = L4_TIMEOUT_ZERO}},
         {0, {.partner = l4_irq_id(3), .w0 = 5, .w1 = 6, .timeout = receive_timeout(Micros{100})}},
         {0, {.partner = l4_threadid(99, 9), .w0 = 7, .w1 = 8, .timeout = send_timeout(Micros{100})}}});
    w.play({{a, script.body()}});
    ASSERT_EQ(script.returned(), 4u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(script[i], script.only(L4_IPC_OK, i));
    EXPECT_EQ(script.time(3), 0u);
    EXPECT_FALSE(w.kernel().irqs()[Line{3}].owner);
}

/// Root gives task `chief` a number, and its program makes that task.
Program make_child(User u, l4_threadid_t child, sim::Entry entry, int& made) {
    co_await u.wait();
    const sim::TaskNewResult result =
        co_await u(sim::TaskNew{.task = child, .eip = entry.eip, .pager = root});
    made += result.ok();
}

TEST(Ipc, KnowsNoClans) {
    ABI_ROW(ipc_no_clans);
    World w;
    constexpr l4_threadid_t grandchild = l4_threadid(20, 0), other = l4_threadid(21, 0);
    Script receiver(wait_open()), sender(send_to(other, 1, 2));
    const sim::Entry from = w.program(sender.body()), to = w.program(receiver.body());
    int made = 0;
    w.start(a, [&](User u) { return make_child(u, grandchild, from, made); });
    w.start(b, [&](User u) { return make_child(u, other, to, made); });
    w.run();
    w.as_root(sim::TaskNew{.task = other, .mcp_or_chief = b.low});
    w.as_root(sim::TaskNew{.task = grandchild, .mcp_or_chief = a.low});
    w.as_root(send_to(b, 0, 0));
    w.as_root(send_to(a, 0, 0));
    ASSERT_EQ(made, 2);
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], (Answer{0x4000, 1, 2, reported(20, 0, 5, 1)}));
    EXPECT_EQ(sender[0], sender.only(L4_IPC_OK));
}

} // namespace
} // namespace conformance::ipc
