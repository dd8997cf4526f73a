// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs on a thread that waits or is in the kernel.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/landing.h"
#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/raw.h"
#include "test/conformance/system/support/stage.h"

namespace conformance::system {
namespace {

using kern::Wait;
using sim::ExRegs;
using sim::Ipc;
using sim::IpcResult;

constexpr l4_threadid_t a1 = l4_threadid(5, 1);
constexpr unsigned line = 3;

/// Thread a1 waits in an IPC when a calls ex_regs for it.
struct Waiting {
    Waiting() : landing(s.world()) {
        s.spawn(5);
        s.spawn(5, 1);
        s.spawn(6);
    }
    /// The script up to there.
    sim::Routine<Stage::Ticket> wait(User u, Ipc ipc) {
        if (ipc.partner.low == l4_irq_id(line).low)
            co_await s.call(u, a1, Ipc{.partner = ipc.partner, .receive = 0, .timeout = L4_TIMEOUT_RCV_ZERO});
        co_return co_await s.begin(u, a1, ipc);
    }
    Wait::For state() { return s.world().find(a1)->wait().what; }

    Stage s;
    Landing landing;
};

void expect_cancel(const Ipc& ipc, std::uint32_t code) {
    Waiting w;
    const bool calls = ipc.send != L4_IPC_NO_SEND;
    w.s.play([&](User u) -> Program {
        if (calls) co_await w.s.begin(u, b, Ipc{.partner = a1, .receive = 0}); // takes it and does not answer
        co_await w.wait(u, ipc);
        EXPECT_NE(w.state(), Wait::For::nothing);
        EXPECT_NE(w.state(), Wait::For::send);
        co_await w.s.call(u, a, ExRegs{.target = 1, .esp = 0x2000, .eip = w.landing.entry().eip});
    });
    ASSERT_TRUE(w.landing.reached());
    EXPECT_EQ(w.landing.frame().esp, 0x2000u);
    EXPECT_EQ(w.landing.regs(), with_eax(ipc.regs(), code));
}

TEST(ExRegs, CancelsAWaitToSend) {
    ABI_ROW(ex_regs_cancels_send);
    Waiting w;
    const Ipc send{.partner = b, .w0 = 0x11, .w1 = 0x22, .send = 0, .receive = 0};
    w.s.play([&](User u) -> Program {
        co_await w.wait(u, send);
        EXPECT_EQ(w.state(), Wait::For::send);
        co_await w.s.call(u, a, ExRegs{.target = 1, .eip = w.landing.entry().eip});
    });
    ASSERT_TRUE(w.landing.reached());
    EXPECT_EQ(w.landing.regs(), with_eax(send.regs(), L4_IPC_SECANCELED));
    EXPECT_TRUE(w.s.world().find(b)->senders.empty());
}

TEST(ExRegs, CancelsAWaitToReceive) {
    ABI_ROW(ex_regs_cancels_receive);
    expect_cancel({.partner = b, .w0 = 0x11, .w1 = 0x22, .receive = 0}, L4_IPC_RECANCELED);
    expect_cancel({.partner = b, .w0 = 0x11, .w1 = 0x22, .receive = L4_RCV_OPEN}, L4_IPC_RECANCELED);
    expect_cancel({.partner = {0, 0x33}, .w0 = 0x11, .w1 = 0x22, .receive = 0}, L4_IPC_RECANCELED);
    expect_cancel({.partner = l4_irq_id(line), .w0 = 0x11, .w1 = 0x22, .receive = 0}, L4_IPC_RECANCELED);
    expect_cancel({.partner = b, .w0 = 0x11, .w1 = 0x22, .send = 0, .receive = 0}, L4_IPC_RECANCELED);
}

TEST(ExRegs, PutsACancelledThreadToTheTail) {
    ABI_ROW(ex_regs_cancels_receive);
    ABI_ROW(ex_regs_cancels_send);
    World w;
    std::string order;
    const sim::Entry cancelled = w.program(says(order, 'X'));
    w.spawn(5, 1, [](User u) -> Program { co_await u.send(d, 0, 0); });
    w.spawn(5, 2, [](User u) -> Program { co_await u.receive(d); });
    w.spawn(8, [](User u) -> Program { co_await u.sleep(); });
    w.spawn(5, [&](User u) -> Program {
        co_await settle(u);
        co_await u(ExRegs{.target = 3, .eip = w.program(says(order, 'N')).eip});
        co_await u(ExRegs{.target = 1, .eip = cancelled.eip});
        co_await u(ExRegs{.target = 2, .eip = cancelled.eip});
        order += 'A';
    });
    w.run();
    EXPECT_EQ(order, "ANXX");
}

TEST(ExRegs, WithoutAnEipCancelsNothing) {
    ABI_ROW(ex_regs_without_eip_cancels_nothing);
    for (const bool sending : {true, false}) {
        Waiting w;
        IpcResult got;
        Stage::Ticket ipc = 0;
        w.s.play([&](User u) -> Program {
            ipc = co_await w.wait(u, {.partner = b,
                                      .w0 = 0x11,
                                      .w1 = 0x22,
                                      .send = sending ? 0 : L4_IPC_NO_SEND,
                                      .receive = sending ? L4_IPC_NO_RECV : 0});
            co_await w.s.call(u, a, ExRegs{.target = 1, .esp = 0x2000, .pager = b, .preempter = b});
            EXPECT_EQ(w.state(), sending ? Wait::For::send : Wait::For::receive);
            if (sending)
                got = co_await w.s.call(u, b, Ipc{.partner = a1, .receive = 0});
            else
                got = co_await w.s.call(u, b, Ipc{.partner = a1, .send = 0});
        });
        EXPECT_TRUE(got.ok());
        EXPECT_TRUE(w.s.done(ipc));
        EXPECT_TRUE(w.s.result<Ipc>(ipc).ok());
        EXPECT_EQ(w.s.world().find(a1)->frame.esp, 0x2000u);
    }
}

TEST(ExRegs, WithNoCancelWaitsForTheEndOfTheIpc) {
    ABI_ROW(ex_regs_no_cancel);
    for (const bool sending : {true, false}) {
        Waiting w;
        IpcResult got;
        bool early = false;
        const Ipc ipc{.partner = b,
                      .w0 = 0x11,
                      .w1 = 0x22,
                      .send = sending ? 0 : L4_IPC_NO_SEND,
                      .receive = sending ? L4_IPC_NO_RECV : 0};
        w.s.play([&](User u) -> Program {
            co_await w.wait(u, ipc);
            co_await w.s.call(u, a, ExRegs{.target = 1 | L4_EX_REGS_NO_CANCEL, .eip = w.landing.entry().eip});
            co_await settle(u);
            early = w.landing.reached();
            if (sending)
                got = co_await w.s.call(u, b, Ipc{.partner = a1, .receive = 0});
            else
                got = co_await w.s.call(u, b, Ipc{.partner = a1, .w0 = 0x33, .w1 = 0x44, .send = 0});
        });
        EXPECT_TRUE(got.ok());
        EXPECT_FALSE(early);
        ASSERT_TRUE(w.landing.reached());
        sim::Regs expected = with_eax(ipc.regs(), L4_IPC_OK);
        if (!sending) {
            const l4_threadid_t from = reported(6, 0, 4);
            expected.eax = l4_msgdope(2, 0);
            expected.edx = 0x33, expected.ebx = 0x44, expected.esi = from.low, expected.edi = from.high;
        }
        EXPECT_EQ(w.landing.regs(), expected);
    }
}

/// Thread a1 faults; its pager is b, who has or has not received the message.
struct Faulting {
    static constexpr std::uint32_t page = 0x10000000;
    Faulting() : landing(s.world()) {
        s.spawn(5);
        s.spawn({.task = 5, .lthread = 1, .pager = b});
        s.spawn(6);
    }
    sim::Routine<int> fault(User u, bool received) {
        if (received) co_await s.begin(u, b, Ipc{.partner = a1, .receive = 0});
        co_await s.begin_store(u, a1, page, 1);
        co_await settle(u);
        co_return 0;
    }
    Stage s;
    Landing landing;
};

TEST(ExRegs, CancelsAPageFault) {
    ABI_ROW(ex_regs_cancels_page_fault);
    for (const bool received : {true, false}) {
        Faulting f;
        IpcResult pager;
        sim::Regs before;
        f.s.play([&](User u) -> Program {
            co_await f.fault(u, received);
            EXPECT_EQ(f.s.world().find(a1)->wait().what, received ? Wait::For::receive : Wait::For::send);
            before = sim::Regs::of(f.s.world().find(a1)->frame);
            co_await f.s.call(u, a, ExRegs{.target = 1, .eip = f.landing.entry().eip});
            if (received)
                pager =
                    co_await f.s.call(u, b, Ipc{.partner = a1, .send = 0, .timeout = L4_TIMEOUT_SND_ZERO});
            else
                pager =
                    co_await f.s.call(u, b, Ipc{.partner = a1, .receive = 0, .timeout = L4_TIMEOUT_RCV_ZERO});
        });
        EXPECT_EQ(pager.dope, received ? L4_IPC_SETIMEOUT : L4_IPC_RETIMEOUT);
        ASSERT_TRUE(f.landing.reached());
        EXPECT_EQ(f.landing.regs(), before);
    }
}

TEST(ExRegs, WithNoCancelWaitsForTheAnswerToAPageFault) {
    ABI_ROW(ex_regs_page_fault_no_cancel);
    Faulting f;
    bool early = true;
    IpcResult answered{.dope = ~0u};
    f.s.play([&](User u) -> Program {
        co_await f.fault(u, true);
        co_await f.s.call(u, a, ExRegs{.target = 1 | L4_EX_REGS_NO_CANCEL, .eip = f.landing.entry().eip});
        co_await settle(u);
        early = f.landing.reached();
        answered = co_await f.s.call(u, b, Ipc{.partner = a1, .send = 0});
    });
    EXPECT_FALSE(early);
    EXPECT_EQ(answered.dope, L4_IPC_OK);
    EXPECT_TRUE(f.landing.reached());
}

} // namespace
} // namespace conformance::system
