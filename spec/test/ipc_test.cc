// SPDX-License-Identifier: BSD-2-Clause
// Messages in registers, timeouts, interrupts.
#include "spec/test/driver.h"

namespace spec {
namespace {

class IpcRegisters : public Driver {};

TEST_F(IpcRegisters, CallAndReply) {
    const ThreadName server = start_thread(1);
    run(server);
    wait_open();
    run(root);
    ipc({.send = 0, .receive = 0, .partner = server, .w0 = 7, .w1 = 8});
    EXPECT_EQ(system.current(), server);
    EXPECT_EQ(state(root), "receive_closed");
    const Registers& r = system.registers(server);
    EXPECT_EQ(r.eax, 0x4000u);
    EXPECT_EQ(r.edx, 7u);
    EXPECT_EQ(r.ebx, 8u);
    EXPECT_EQ(r.esi, low(root));
    ipc({.send = 0, .receive = L4_RCV_OPEN, .partner = root, .timeouts = L4_TIMEOUT_SND_ZERO, .w0 = 9});
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(system.registers(root).edx, 9u);
    EXPECT_EQ(state(server), "receive_open");
}

TEST_F(IpcRegisters, DeceitBitSendsTheReceiverToTheTail) {
    const ThreadName server = start_thread(1);
    run(server);
    wait_open();
    run(root);
    ipc({.send = L4_SND_DECEIT, .partner = server});
    EXPECT_EQ(system.current(), root);
    EXPECT_EQ(system.observe().ready.at(16).back(), server);
}

TEST_F(IpcRegisters, QueuedSendersInOrderAndClosedWaitsPick) {
    const ThreadName a = start_thread(1), b = start_thread(2);
    run(a);
    send(root, 1);
    run(b);
    ipc({.send = 0, .receive = 0, .partner = root, .w0 = 2});
    run(root);
    EXPECT_EQ(view(root).senders, (std::vector<ThreadName>{a, b}));
    ipc({.receive = 0, .partner = b});
    EXPECT_EQ(system.registers(root).edx, 2u);
    EXPECT_EQ(state(b), "receive_closed"); // it went on at once
    wait_open();
    EXPECT_EQ(system.registers(root).edx, 1u);
    EXPECT_EQ(state(a), "ready");
    EXPECT_EQ(eax(a), 0u);
}

TEST_F(IpcRegisters, NobodyThere) {
    send({9, 0});
    EXPECT_EQ(eax(root), L4_IPC_ENOT_EXISTENT);
    ipc({.receive = 0, .partner_low = L4_INVALID_LOW});
    EXPECT_EQ(eax(root), L4_IPC_ENOT_EXISTENT);
    ipc({.send = 0, .partner_low = 1});
    EXPECT_EQ(eax(root), L4_IPC_ENOT_EXISTENT);
    ipc({});
    EXPECT_EQ(eax(root), 0u);
}

TEST_F(IpcRegisters, Timeouts) {
    const ThreadName other = start_thread(1);
    ipc({.send = 0, .partner = other, .timeouts = L4_TIMEOUT_SND_ZERO});
    EXPECT_EQ(eax(root), L4_IPC_SETIMEOUT);
    ipc({.receive = L4_RCV_OPEN, .timeouts = L4_TIMEOUT_RCV_ZERO});
    EXPECT_EQ(eax(root), L4_IPC_RETIMEOUT);
    ipc({.send = 0, .partner = other, .timeouts = l4_timeout(10, 15, 0, 0)});
    EXPECT_EQ(view(root).deadline, 10u);
    EXPECT_EQ(system.timer(), 10u);
    now = 10;
    handle(Event::timer());
    EXPECT_EQ(eax(root), L4_IPC_SETIMEOUT);
    EXPECT_TRUE(view(other).senders.empty());
    run(root);
    ipc({.receive = 0, .timeouts = l4_timeout(0, 0, 3, 14)});
    EXPECT_EQ(state(root), "sleep");
    now = 22;
    handle(Event::timer());
    EXPECT_EQ(eax(root), L4_IPC_RETIMEOUT);
}

TEST_F(IpcRegisters, AbsoluteTimeouts) {
    now = 1'000'000; // bits 8 and up: 0xf42, so the clock bit of exponent 15 is 0
    ipc({.receive = 0, .timeouts = l4_timeout(0, 0, 0xff, 15), .partner_high = L4_IPC_ABS_RCV});
    EXPECT_EQ(view(root).deadline, 0xf42ffu);
    now = 0xf4300;
    handle(Event::timer());
    run(root);
    ipc({.receive = 0, .timeouts = l4_timeout(0, 0, 1, 15), .partner_high = L4_IPC_ABS_RCV});
    EXPECT_EQ(eax(root), L4_IPC_RETIMEOUT); // lies in the past
    EXPECT_EQ(state(root), "ready");
}

TEST_F(IpcRegisters, ToItselfWaits) {
    send(root);
    EXPECT_EQ(state(root), "send");
    EXPECT_EQ(view(root).senders, std::vector<ThreadName>{root});
}

TEST_F(IpcRegisters, ADeletedReceiverFreesItsSenders) {
    const ThreadName five = start_task(5);
    run(sigma0);
    send(five, 1);
    run(root);
    delete_task(5);
    EXPECT_EQ(eax(sigma0), L4_IPC_ENOT_EXISTENT);
    EXPECT_EQ(state(sigma0), "ready");
}

TEST_F(IpcRegisters, Interrupts) {
    ipc({.receive = 0, .timeouts = L4_TIMEOUT_RCV_ZERO, .partner_low = 4}); // attach line 3
    EXPECT_EQ(eax(root), L4_IPC_RETIMEOUT);
    EXPECT_EQ(system.observe().irqs.at(3), (IrqView{root, false, false}));
    handle(Event::irq(3));
    EXPECT_EQ(system.observe().irqs.at(3), (IrqView{root, true, true}));
    wait_open();
    EXPECT_EQ(eax(root), 0u);
    EXPECT_EQ(system.registers(root).esi, 4u);
    ipc({.receive = 0, .partner_low = 4});
    EXPECT_EQ(state(root), "irq");
    handle(Event::irq(3));
    EXPECT_EQ(state(root), "ready");
    run(root);
    ipc({.receive = 0, .timeouts = L4_TIMEOUT_RCV_ZERO, .partner_low = 5}); // a second one
    EXPECT_EQ(eax(root), L4_IPC_ENOT_EXISTENT);
    ipc({.receive = 0, .timeouts = L4_TIMEOUT_RCV_ZERO}); // detach
    EXPECT_TRUE(system.observe().irqs.empty());
    handle(Event::irq(3));
    EXPECT_TRUE(system.observe().irqs.empty());
    ipc({.receive = 0, .timeouts = L4_TIMEOUT_RCV_ZERO, .partner_low = 50}); // not offered
    EXPECT_EQ(eax(root), L4_IPC_ENOT_EXISTENT);
}

} // namespace
} // namespace spec
